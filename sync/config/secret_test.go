package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
)

const planted = "sk-planted-0123456789abcdef0123456789abcdef"

// everyWay prints a value in all the ways that a program may stumble into.
func everyWay(t *testing.T, v any) string {
	t.Helper()
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%30s", "%.3s", "%U"} {
		fmt.Fprintf(&out, verb+"\n", v)
	}
	fmt.Fprintln(&out, fmt.Errorf("wrapped: %v", v))
	slog.New(slog.NewTextHandler(&out, nil)).Info("text", "value", v)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("json", "value", v)
	for name, encode := range map[string]func(any) ([]byte, error){"json": json.Marshal, "toml": toml.Marshal} {
		text, err := encode(map[string]any{"value": v})
		if err != nil && name == "json" {
			t.Errorf("%s: %v", name, err)
		}
		out.Write(text)
	}
	return out.String()
}

func TestSecretIsNeverPrinted(t *testing.T) {
	secret := NewSecret(planted)
	type hidden struct{ key Secret }
	for name, v := range map[string]any{
		"value":            secret,
		"pointer":          &secret,
		"field":            Kustomer{APIKey: secret},
		"unexported field": hidden{secret},
		"map":              map[string]Secret{"a": secret},
		"slice":            []Secret{secret},
		"configuration":    Config{Kustomer: Kustomer{APIKey: secret}, AgentConnect: AgentConnect{APISecret: secret}},
	} {
		t.Run(name, func(t *testing.T) {
			if out := everyWay(t, v); strings.Contains(out, planted[:8]) || strings.Contains(out, fmt.Sprintf("%x", planted[:8])) {
				t.Errorf("the secret is printed:\n%s", out)
			}
		})
	}
}

func TestSecretSaysWhetherItIsSet(t *testing.T) {
	set, unset := NewSecret(planted), NewSecret("")
	text, _ := json.Marshal([]Secret{set, unset})
	got := fmt.Sprintf("%v %s %#v %s %t %t", set, unset, unset, text, set.IsSet(), unset.IsSet())
	if want := `[redacted] (not set) (not set) ["[redacted]",""] true false`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if set.Reveal() != planted || unset.Reveal() != "" || !set.Equal(NewSecret(planted)) || set.Equal(unset) {
		t.Error("a secret does not reveal or compare what it holds")
	}
}
