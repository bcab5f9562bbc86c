package httpx

import (
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
)

// TestCheckBase takes the root of an API and nothing else, and quotes nothing of what it refuses.
func TestCheckBase(t *testing.T) {
	for text, ok := range map[string]bool{
		"https://host.example": true, "https://host.example/": true, "https://host.example:8443/path": true,
		"http://127.0.0.1:80": true, "http://a.localhost": true, "http://[::1]": true,
		"https://host.example:0": false, "https://host.example:65536": false, "http://host.example": false,
		"https://jane:s3cret@host.example": false, "https://host.example?s3cret": false, "https://host.example#s3cret": false,
		"https://host.example?": false, "host.example": false, "https:s3cret": false, "ftp://host.example": false, "": false,
	} {
		err := CheckBase(text)
		if (err == nil) != ok || err != nil && strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestCheckSecretURL takes an address that is a secret, with its query, and refuses what was copied badly.
func TestCheckSecretURL(t *testing.T) {
	for text, ok := range map[string]bool{
		"https://hooks.example/s3cret": true, "https://hooks.example/x?key=s3cret": true, "http://localhost:9000/x": true,
		"http://hooks.example/s3cret": false, "\"https://hooks.example/s3cret\"": false, "https://hooks.example/s3cret\n": false,
		"https://hooks.example/#s3cret": false, "": false,
	} {
		err := CheckSecretURL(text)
		if (err == nil) != ok || err != nil && strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestLoopback is about this machine alone.
func TestLoopback(t *testing.T) {
	for text, want := range map[string]bool{
		"http://127.0.0.1:8080/x": true, "https://localhost": true, "http://[::1]:1": true, "http://x.localhost": true,
		"https://localhost.example": false, "https://10.0.0.1": false, "https://host.example": false, "://": false,
	} {
		if got := Loopback(text); got != want {
			t.Errorf("%s: %t", text, got)
		}
	}
}

// TestKeyInQuotes says what is wrong with a key that was copied from a file of variables.
func TestKeyInQuotes(t *testing.T) {
	for _, quoted := range []string{`"s3cret"`, "'s3cret'", "`s3cret`", `s3cret"`} {
		if err := CheckKey(quoted); err == nil || !strings.Contains(err.Error(), "in quotes") || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", quoted, err)
		}
	}
}

// TestBrief says what sort of failure it was, and nothing that a server said or that names anybody.
func TestBrief(t *testing.T) {
	for _, e := range []*Error{
		{Service: "agent connect", Kind: Credentials, Status: http.StatusUnauthorized, Path: "/jane", Message: "no, Jane"},
		{Service: "kustomer", Kind: Network, Path: "/jane", Message: "no, Jane"},
	} {
		got := e.Brief()
		if got == "" || strings.Contains(strings.ToLower(got), "jane") || strings.Contains(got, "401") != (e.Status == 401) {
			t.Errorf("got %q", got)
		}
		if topic := e.Topic(); (topic == "agent-connect") != (e.Kind == Credentials) {
			t.Errorf("the topic of %s is %q", e.Kind, topic)
		}
	}
}

// TestProxyWithoutUser says which variable to write the user into that the proxy wants.
func TestProxyWithoutUser(t *testing.T) {
	proxy := &url.URL{Scheme: "http", Host: "proxy.example:3128"}
	refusal := checkConnect(proxy, &http.Request{Host: "acme.example:443"}, &http.Response{StatusCode: http.StatusProxyAuthRequired})
	if advice := setupAdvice(refusal, "test.base_url"); !strings.Contains(advice, "HTTPS_PROXY, as http://USER:PASSWORD@HOST:PORT") {
		t.Errorf("got %q", advice)
	}
	if err := checkConnect(proxy, nil, &http.Response{StatusCode: http.StatusOK}); err != nil {
		t.Errorf("a success is %v", err)
	}
}

// TestCertFile says of the file with authorities whether it is there.
func TestCertFile(t *testing.T) {
	for path, want := range map[string]string{
		"": "", t.TempDir(): "holds none", filepath.Join(t.TempDir(), "gone"): "cannot be read",
	} {
		t.Setenv("SSL_CERT_FILE", path)
		if got := wrongCertFile(); !strings.Contains(got, want) || (got == "") != (want == "") {
			t.Errorf("%q: got %q", path, got)
		}
	}
}

// TestShownQuery shows pages and times of a query, and nothing that may name somebody.
func TestShownQuery(t *testing.T) {
	for query, want := range map[string]string{
		"": "", "page=2&email=jane@example.com": "?email=…&page=2", "%zz": "?…",
	} {
		if got := shownQuery(query); got != want {
			t.Errorf("%s: got %q, want %q", query, got, want)
		}
	}
}
