package kustomer

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"acsync/sync/httpx"
)

func TestCustomer(t *testing.T) {
	tests := []struct {
		name, body string
		want       Customer
	}{
		{"documented", testdata(t, "customer.json"), Customer{
			ID: "58210c3db0f09110006b7953", Name: Text{Value: "Jane Doe"}, DefaultLang: "en_us",
			Emails: []Email{{Address: Text{Value: "jane@example.com"}, Type: "home", Verified: true}},
			Custom: map[string]any{"loyaltyTierStr": "gold"},
		}},
		{"masked address", testdata(t, "customer-masked-email.json"), Customer{
			ID: "58210c3db0f09110006b7953", Name: Text{Value: "Jane Doe"},
			Emails: []Email{{Address: Text{Masked: true}, Type: "home", Verified: true}},
		}},
		{
			"masked name and list", `{"data":{"id":"c1","attributes":{"name":{"isMasked":true},"emails":{"isMasked":true,"maskedPresentation":"*"}}}}`,
			Customer{ID: "c1", Name: Text{Masked: true}, Emails: []Email{{Address: Text{Masked: true}}}},
		},
		{
			"odd addresses keep their order", `{"data":{"id":"c1","attributes":{"emails":[null,{"email":null,"type":"work"},"a@example.com",{"maskedPresentation":"*"},7.5,{}]}}}`,
			Customer{ID: "c1", Emails: []Email{
				{Type: "work"},
				{Address: Text{Value: "a@example.com"}},
				{Address: Text{Masked: true}},
				{Address: Text{Value: "7.5"}},
				{},
			}},
		},
		{"nothing but an id", `{"data":{"id":"c1"}}`, Customer{ID: "c1"}},
		{"deleted", `{"data":{"id":"c1","attributes":{"deleted":true,"name":null,"emails":[]}}}`, Customer{ID: "c1", Deleted: true}},
		{"deleted, or not", `{"data":{"id":"c1","attributes":{"deleted":{"isMasked":true},"custom":"x"}}}`, Customer{ID: "c1", Deleted: true}},
		{"in a list", `{"data":[{"id":"c1","type":"customer"}]}`, Customer{ID: "c1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, s := start(t, always(200, tt.body))
			got, err := c.Customer(t.Context(), tt.want.ID)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			s.wantAsked(t, "GET /v1/customers/"+tt.want.ID)
		})
	}
}

func TestUserAndTag(t *testing.T) {
	c, s := start(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/v1/users/u/1":
			w.Write([]byte(`{"data":{"id":"u/1","type":"user","attributes":{"name":null,"displayName":"Bot","userType":"machine","email":null,"deletedAt":"2026-01-02T03:04:05.006Z"}}}`))
		default:
			w.Write([]byte(`{"data":{"id":"t1","attributes":{"name":"late","deletedAt":"2026-01-02T03:04:05.006Z"}}}`))
		}
	})
	user, err := c.User(t.Context(), "u/1")
	want := User{ID: "u/1", Name: Text{Value: "Bot"}, UserType: "machine", DeletedAt: at(t, "2026-01-02T03:04:05.006Z")}
	if diff := cmp.Diff(want, user); err != nil || diff != "" || !user.Machine() {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for body, machine := range map[string]bool{`{"isMasked":true}`: true, `["user"]`: true, `"Machine"`: true, `null`: false, `""`: false, `"limited"`: false} {
		if one(t, users, `{"id":"u1","attributes":{"userType":`+body+`}}`).Machine() != machine {
			t.Errorf("userType %s: machine %v", body, !machine)
		}
	}
	tag, err := c.Tag(t.Context(), "t1")
	if diff := cmp.Diff(Tag{ID: "t1", Name: "late", Deleted: true}, tag); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	s.wantAsked(t, "GET /v1/users/u%2F1", "GET /v1/tags/t1")
}

// An answer that does not hold the record that was asked for is asked for again, and never taken: the survey
// would go to somebody else, or be about somebody else.
func TestOtherRecord(t *testing.T) {
	tests := []struct {
		name, body string
		found      bool
	}{
		{"another one", `{"data":{"id":"c2","attributes":{"name":"Other"}}}`, false},
		{"another one in a list", `{"data":[{"id":"c2"}]}`, false},
		{"an id that only begins so", `{"data":{"id":"c1 "}}`, false},
		{"none", `{"data":[]}`, false},
		{"another kind", `{"data":{"id":"c1","type":"message"}}`, false},
		{"two that contradict each other", `{"data":[{"id":"c1","attributes":{"name":"One"}},{"id":"C1","attributes":{"name":"Two"}}]}`, false},
		{"it among others", `{"data":[{"id":"c2"},{"id":"c1"}]}`, true},
		{"it twice", `{"data":[{"id":"C1"},{"id":"c1"}]}`, true},
		{"it in another case", `{"data":{"id":"C1"}}`, true},
	}
	calls := map[string]func(*Client) error{
		"customer": func(c *Client) error { _, err := c.Customer(t.Context(), "c1"); return err },
		"user":     func(c *Client) error { _, err := c.User(t.Context(), "c1"); return err },
		"tag":      func(c *Client) error { _, err := c.Tag(t.Context(), "c1"); return err },
	}
	for _, tt := range tests {
		for kind, call := range calls {
			t.Run(tt.name+", "+kind, func(t *testing.T) {
				t.Parallel()
				c, s := start(t, always(200, tt.body))
				err := call(c)
				if tt.found != (err == nil) || !tt.found && !errors.Is(err, ErrNotFound) {
					t.Errorf("got %v, found %v", err, tt.found)
				}
				if want := map[bool]int{true: 1, false: unreadableTries}[tt.found]; len(s.asked) != want {
					t.Errorf("asked %d times, want %d", len(s.asked), want)
				}
			})
		}
	}
}

// unreadableTries is how often an answer that cannot be read is asked for.
const unreadableTries = 3

// A right answer after a wrong one is taken.
func TestOtherRecordPasses(t *testing.T) {
	n := 0
	c, s := start(t, func(w http.ResponseWriter, _ *http.Request) {
		n++
		fmt.Fprintf(w, `{"data":{"id":"u%d"}}`, n)
	})
	if got, err := c.User(t.Context(), "u2"); err != nil || got.ID != "u2" {
		t.Errorf("got %+v, %v", got, err)
	}
	s.wantAsked(t, "GET /v1/users/u2", "GET /v1/users/u2")
}

func TestNotFound(t *testing.T) {
	c, s := start(t, always(404, `{"errors":[{"status":404,"code":"not_found","title":"Not found"}]}`))
	for _, id := range []string{"c1", "", ".", "..", "a,b"} {
		if _, err := c.Customer(t.Context(), id); !errors.Is(err, ErrNotFound) {
			t.Errorf("%q: got %v, want ErrNotFound", id, err)
		}
	}
	if _, err := c.Tag(t.Context(), "t1"); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
	s.wantAsked(t, "GET /v1/customers/c1", "GET /v1/tags/t1")
}

func TestServerTime(t *testing.T) {
	c, s := start(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+apiKey {
			w.WriteHeader(401)
		}
		w.Header().Set("Date", "Tue, 20 Oct 2026 12:00:00 GMT")
		w.Write([]byte(`{"data":{"type":"token"}}`))
	})
	got, err := c.ServerTime(t.Context())
	if err != nil || !got.Equal(at(t, "2026-10-20T12:00:00Z")) {
		t.Errorf("got %v, %v", got, err)
	}
	s.wantAsked(t, "GET /v1/auth/tokens/current")
}

func TestServerTimeWithoutDate(t *testing.T) {
	c, _ := start(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Date"] = nil
		w.Write([]byte(`{}`))
	})
	_, err := c.ServerTime(t.Context())
	if e, ok := errors.AsType[*httpx.Error](err); !ok || e.Kind != httpx.Unreadable {
		t.Errorf("got %v, want unreadable", err)
	}
}

// TestMembersThatAreThereTwice takes what is there twice for the worse of both: nobody is asked by the luck of an order.
func TestMembersThatAreThereTwice(t *testing.T) {
	for _, attributes := range []string{
		`{"custom":{"doNotSendAgentConnectRequestBool":true},"custom":{}}`, `{"custom":{},"custom":null}`, `{"custom":{},"Custom":{}}`,
		`{"spam":true,"spam":false}`, `{"spam":false,"spam":true}`, `{"importedAt":"2026-11-22T12:00:00Z","importedAt":null}`,
	} {
		c := conversation(t, attributes)
		if !c.CustomUnread && !c.Spam && !c.Imported {
			t.Errorf("%s is taken for nothing: %+v", attributes, c)
		}
	}
}

func TestCustomerByEmail(t *testing.T) {
	tests := []struct {
		name, body string
		want       string // id; empty: ErrNotFound
	}{
		{"documented", testdata(t, "customer.json"), "58210c3db0f09110006b7953"},
		{"in another case", `{"data":{"id":"c1","type":"customer","attributes":{"emails":[{"email":" JANE@example.com"}]}}}`, "c1"},
		{"shared", `{"data":{"id":"c1","attributes":{"emails":[],"sharedEmails":[{"email":"jane@example.com"}]}}}`, "c1"},
		{"masked", testdata(t, "customer-masked-email.json"), "58210c3db0f09110006b7953"},
		{"in a list", `{"data":[{"id":"c2","attributes":{"emails":["joe@example.com"]}},{"id":"c1","attributes":{"emails":["jane@example.com"]}}]}`, "c1"},
		{"somebody else", `{"data":{"id":"c2","attributes":{"emails":[{"email":"joe@example.com"}]}}}`, ""},
		{"nobody's address", `{"data":{"id":"c2","attributes":{"emails":null}}}`, ""},
		{"nobody", `{"data":[]}`, ""},
		{"another kind", `{"data":{"id":"c1","type":"user","attributes":{"emails":["jane@example.com"]}}}`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, s := start(t, always(200, tt.body))
			got, err := c.CustomerByEmail(t.Context(), " jane@example.com ")
			if got.ID != tt.want || (err == nil) != (tt.want != "") || err != nil && !errors.Is(err, ErrNotFound) {
				t.Errorf("got %q, %v", got.ID, err)
			}
			if err == nil {
				s.wantAsked(t, "GET /v1/customers/email=jane@example.com")
			}
		})
	}
}

// An address is in no error, however it is written and whatever is answered.
func TestCustomerByEmailShowsNoAddress(t *testing.T) {
	for _, address := range []string{"jane.o'dough+x@example.com", `"jane dough"@example.com`, "jane(x)@example.com", "jané@exämple.com", "jane=dough@example.com", "jane@home", "@jane", "jane"} {
		for name, handler := range map[string]http.HandlerFunc{
			"echo in JSON": func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(400)
				fmt.Fprintf(w, `{"errors":[{"code":%q,"title":"no %s"}]}`, r.URL.Path, r.RequestURI)
			},
			"echo in a page": func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(403)
				fmt.Fprintf(w, `<title>%s</title>`, r.URL.Path)
			},
			"redirect": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/x"+r.URL.Path, http.StatusFound) },
			"somebody": always(200, `{"data":{"id":"c1","attributes":{"emails":["jane.roe@example.com"]}}}`),
			"several": always(200, `{"data":[{"id":"c1","attributes":{"emails":[{"email":{"isMasked":true}}]}},
				{"id":"c2","attributes":{"emails":[{"email":{"isMasked":true}}]}}]}`),
			"not JSON": always(200, `jane`), "missing": always(404, ""),
			"hang-up": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		} {
			t.Run(name+" "+address, func(t *testing.T) {
				t.Parallel()
				c, _ := start(t, handler)
				_, err := c.CustomerByEmail(t.Context(), address)
				if err == nil {
					t.Fatal("no error")
				}
				for _, part := range []string{"jan", "doug", "@", "%40", "exam"} {
					if strings.Contains(strings.ToLower(err.Error()), part) {
						t.Errorf("%q is in %v", part, err)
					}
				}
			})
		}
	}
}

func TestCustomerByEmailEscapes(t *testing.T) {
	c, s := start(t, always(200, testdata(t, "customer-masked-email.json")))
	if _, err := c.CustomerByEmail(t.Context(), "a+b/c?d,e@example.com"); err != nil {
		t.Error(err)
	}
	s.wantAsked(t, "GET /v1/customers/email=a%2Bb%2Fc%3Fd%2Ce@example.com")
}
