package config

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

const minute = Duration(time.Minute)

func TestDurationText(t *testing.T) {
	for text, want := range map[string]struct {
		value time.Duration
		text  string
	}{
		"0s":     {0, "0s"},
		"0":      {0, "0s"},
		"30s":    {30 * time.Second, "30s"},
		"3m":     {3 * time.Minute, "3m"},
		"90m":    {90 * time.Minute, "1h30m"},
		"72h":    {72 * time.Hour, "3d"},
		"400d":   {400 * 24 * time.Hour, "400d"},
		"1d12h":  {36 * time.Hour, "36h"},
		"0d":     {0, "0s"},
		"-2d":    {-48 * time.Hour, "-2d"},
		"1h0.5s": {time.Hour + time.Second/2, "1h0m0.5s"},
		"10m":    {10 * time.Minute, "10m"},
		"20h":    {20 * time.Hour, "20h"},
	} {
		t.Run(text, func(t *testing.T) {
			var got Duration
			if err := got.UnmarshalText([]byte(text)); err != nil {
				t.Fatal(err)
			}
			if time.Duration(got) != want.value || got.String() != want.text {
				t.Errorf("got %d, printed %s; want %d, printed %s", got, got, want.value, want.text)
			}
		})
	}
}

func TestDurationRefused(t *testing.T) {
	for _, text := range []string{
		"", " ", "3", "3 m", "m", "d", "1.5d", "1d-1h", "1d+1h", "d1h", "1h1d", "1d1d", "--1d", "+1d", "106752d", "106751d24h", "99999999999999999999d", "soon",
	} {
		if err := new(Duration).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

func TestDurationRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := Duration(rapid.Int64().Draw(t, "nanoseconds"))
		text, err := want.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var got Duration
		if err := got.UnmarshalText(text); err != nil || got != want {
			t.Fatalf("%d is printed %s and read as %d (%v)", want, text, got, err)
		}
	})
}
