package expr

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"time"
)

// ListSeparator stands between the items of a list that is written as one text.
const ListSeparator = ", "

// TextsOf writes a value as the texts that it holds: one for a single value, none for a missing one, one each
// for the items of a list. Objects, and lists in lists, have no text.
func TextsOf(value any) ([]string, error) {
	switch v := value.(type) {
	case nil:
		return nil, nil
	case string:
		if v == "" {
			return nil, nil
		}
		return []string{v}, nil
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
		texts, err := TextsOf(item.Interface())
		if err != nil {
			return nil, err
		}
		all = append(all, texts...)
	}
	return all, nil
}
