package config

import (
	"errors"
	"reflect"
	"strconv"
	"strings"
)

// wanted says what a field takes.
var wanted = map[reflect.Type]string{
	reflect.TypeFor[string]():            "must be text in quotes",
	reflect.TypeFor[Secret]():            "must be text in quotes",
	reflect.TypeFor[int]():               "must be a whole number",
	reflect.TypeFor[float64]():           "must be a number",
	reflect.TypeFor[bool]():              "must be true or false",
	reflect.TypeFor[Duration]():          `must be a duration in quotes, such as "30s", "3m" or "72h"`,
	reflect.TypeFor[[]string]():          `must be a list of texts, such as ["a", "b"]`,
	reflect.TypeFor[map[string]string](): `must be a table of texts, such as { name = "text" }`,
}

const tooLarge = "is a number too large to be of use"

// convert writes a value of a document into a field. It returns what is wrong with it, without quoting it.
func convert(v reflect.Value, value any) (problem string) {
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		return convert(v.Elem(), value)
	}
	given := reflect.ValueOf(value)
	text, isText := value.(string)
	number, isNumber := value.(int64)
	switch target := v.Addr().Interface().(type) {
	case *string, *bool, *float64:
		if isNumber && v.Kind() == reflect.Float64 {
			given = reflect.ValueOf(float64(number))
		}
		if given.Type() == v.Type() {
			v.Set(given)
			return ""
		}
	case *int:
		if isNumber && v.OverflowInt(number) {
			return tooLarge
		}
		if isNumber {
			*target = int(number)
			return ""
		}
	case *Secret:
		if isText {
			*target = NewSecret(text)
			return ""
		}
	case *Duration:
		if isText && target.UnmarshalText([]byte(text)) != nil {
			return errDuration.Error()
		}
		if isText {
			return ""
		}
	case *[]string:
		list, isList := value.([]any)
		*target = make([]string, len(list))
		for i, item := range list {
			if (*target)[i], isText = item.(string); !isText {
				return wanted[v.Type()] + ", not " + kindName(item)
			}
		}
		if isList {
			return ""
		}
	}
	return wanted[v.Type()] + ", not " + kindName(value)
}

// kindName names a kind of value in the words of somebody who has not read TOML's specification.
func kindName(value any) string {
	switch value.(type) {
	case string:
		return "text in quotes"
	case bool:
		return "true or false"
	case int64, float64:
		return "a number"
	case []any:
		return "a list"
	case map[string]any:
		return "a table"
	}
	return "a date or time"
}

// parseValue writes the value of an environment variable into a field. It returns what is wrong with it,
// without quoting it. A list is a,b and a table, whose entries are added, is k=v,k=v.
func parseValue(v reflect.Value, text string) (problem string) {
	var value any = text
	var err error
	switch v.Kind() {
	case reflect.Bool:
		value, err = strconv.ParseBool(text)
	case reflect.Int:
		value, err = strconv.ParseInt(text, 10, 64)
	case reflect.Float64:
		value, err = strconv.ParseFloat(text, 64)
	case reflect.Slice:
		list := []any{}
		for item := range strings.SplitSeq(text, ",") {
			list = append(list, strings.TrimSpace(item))
		}
		value = list
	case reflect.Map:
		return parseEntries(v.Addr().Interface().(*map[string]string), text)
	}
	switch {
	case errors.Is(err, strconv.ErrRange):
		return tooLarge
	case err != nil:
		return wanted[v.Type()]
	}
	return convert(v, value)
}

func parseEntries(target *map[string]string, text string) (problem string) {
	for item := range strings.SplitSeq(text, ",") {
		name, value, found := strings.Cut(item, "=")
		if !found {
			return "must be written name=value,name=value"
		}
		if *target == nil {
			*target = map[string]string{}
		}
		(*target)[strings.TrimSpace(name)] = strings.TrimSpace(value)
	}
	return ""
}
