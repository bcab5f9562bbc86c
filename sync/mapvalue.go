package sync

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/language"
)

// listSeparator stands between the items of a list that is written as one text.
const listSeparator = ", "

// textsOf writes a value as the texts that it holds: one for a single value, none for a missing one, one each for the items
// of a list. Objects, and lists in lists, have no text.
func textsOf(value any) ([]string, error) {
	switch v := value.(type) {
	case nil:
		return nil, nil
	case string:
		return nonEmpty(v), nil
	case bool:
		return []string{strconv.FormatBool(v)}, nil
	case time.Time:
		if v.IsZero() {
			return nil, nil
		}
		return []string{v.UTC().Format(time.RFC3339)}, nil
	case time.Duration:
		return []string{v.String()}, nil
	}
	return textsOfKind(reflect.ValueOf(value))
}

func textsOfKind(v reflect.Value) ([]string, error) {
	switch {
	case v.CanInt():
		return []string{strconv.FormatInt(v.Int(), 10)}, nil
	case v.CanUint():
		return []string{strconv.FormatUint(v.Uint(), 10)}, nil
	case v.CanFloat():
		if math.IsNaN(v.Float()) || math.IsInf(v.Float(), 0) {
			return nil, fmt.Errorf("a number that is none")
		}
		return []string{strconv.FormatFloat(v.Float(), 'f', -1, 64)}, nil
	case v.Kind() == reflect.Slice:
		return textsOfItems(v)
	}
	return nil, fmt.Errorf("no text, but %s", v.Type())
}

func textsOfItems(items reflect.Value) ([]string, error) {
	var all []string
	for _, item := range items.Seq2() {
		if item.Kind() == reflect.Interface {
			item = item.Elem()
		}
		if !item.IsValid() {
			continue
		}
		if item.Kind() == reflect.Slice {
			return nil, fmt.Errorf("a list in a list")
		}
		texts, err := textsOf(item.Interface())
		if err != nil {
			return nil, err
		}
		all = append(all, texts...)
	}
	return all, nil
}

func nonEmpty(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}

// clean is text on one line, without control characters, and at most as long as Agent Connect keeps it.
func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r) && unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp): // each ends a line, or is a gap in one
			return ' '
		case unicode.IsControl(r) || r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, text)
	return strings.TrimSpace(cut(strings.TrimSpace(text), maxTagLength))
}

// languageCode is a language as Agent Connect takes it (documented): ISO 639-1, and an ISO 3166-1 region after a hyphen where
// the text names one. Other ways to write that are understood, such as en_us or zh-Hant-TW. It is empty for what is no such
// code: a language that Agent Connect cannot know would cost the whole survey request.
func languageCode(text string) string {
	tag, err := language.Parse(strings.TrimSpace(text))
	if err != nil {
		return ""
	}
	base, _, region := tag.Raw()
	code := base.String()
	if len(code) != 2 {
		return ""
	}
	if region.IsCountry() && len(region.String()) == 2 {
		code += "-" + region.String()
	}
	return code
}

// countryCode is a country as Agent Connect takes it (documented): two letters of ISO 3166-1. Three letters are understood
// too. It is empty for all else, names among it.
func countryCode(text string) string {
	text = strings.TrimSpace(text)
	if n := len(text); n != 2 && n != 3 || strings.ContainsFunc(text, unicode.IsDigit) {
		return ""
	}
	region, err := language.ParseRegion(text)
	if err != nil {
		return ""
	}
	if region = region.Canonicalize(); !region.IsCountry() || len(region.String()) != 2 {
		return ""
	}
	return region.String()
}
