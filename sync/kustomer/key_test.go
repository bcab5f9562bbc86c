package kustomer

import (
	"encoding/base64"
	"testing"
	"time"
)

func TestReadKey(t *testing.T) {
	token := func(payload string) string {
		return "e30." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + ".c2ln"
	}
	for key, want := range map[string]KeyClaims{
		token(`{"orgName":"acme","pod":"prod2","exp":1800000000,"roles":["x"]}`): {"acme", "prod2", time.Unix(1800000000, 0).UTC()},
		token(`{"orgName":"acme"}`): {Org: "acme"},
		token(`{"exp":1e300}`):      {},
	} {
		if got, ok := ReadKey(key); !ok || got != want {
			t.Errorf("%s: got %+v, %v, want %+v", key, got, ok, want)
		}
	}
	for _, key := range []string{"", "abc", "a.b.c", "a.b", token(`[]`), token(`{"orgName":7}`)} {
		if got, ok := ReadKey(key); ok {
			t.Errorf("%q: got %+v, want nothing", key, got)
		}
	}
}
