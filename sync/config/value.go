package config

import (
	"errors"
	"reflect"
	"strconv"
	"strings"
)

const (
	wantText     = "must be text in quotes"
	wantInteger  = "must be a whole number"
	wantNumber   = "must be a number"
	wantBool     = "must be true or false"
	wantDuration = `must be a duration in quotes, such as "30s", "3m" or "72h"`
	wantList     = `must be a list of texts, such as ["a", "b"]`
	wantTable    = `must be a table of texts, such as { name = "text" }`
	wantSmaller  = "is a number too large to be of use"
)

// convert writes a value of the file into a field. It returns what is wrong with it, without quoting it.
func convert(v reflect.Value, value any) (problem string) {
	want := ""
	switch target := v.Addr().Interface().(type) {
	case **Duration:
		*target = new(Duration)
		return convert(v.Elem(), value)
	case *string, *Secret, *Duration:
		if text, ok := value.(string); ok {
			return parseValue(v, text)
		}
		if want = wantText; v.Kind() == reflect.Int64 {
			want = wantDuration
		}
	case *bool:
		if flag, ok := value.(bool); ok {
			*target = flag
			return ""
		}
		want = wantBool
	case *int:
		if n, ok := value.(int64); ok {
			if *target = int(n); int64(*target) != n {
				return wantSmaller
			}
			return ""
		}
		want = wantInteger
	case *float64:
		switch n := value.(type) {
		case float64:
			*target = n
			return ""
		case int64:
			*target = float64(n)
			return ""
		}
		want = wantNumber
	case *[]string:
		list, ok := value.([]any)
		for *target = []string{}; ok && len(list) > 0; list = list[1:] {
			var text string
			if text, ok = list[0].(string); !ok {
				value = list[0]
			}
			*target = append(*target, text)
		}
		if ok {
			return ""
		}
		want = wantList
	default:
		want = wantTable
	}
	return want + ", not " + kindName(value)
}

// parseValue writes the value of an environment variable into a field. It returns what is wrong with it, without quoting it.
func parseValue(v reflect.Value, text string) (problem string) {
	switch target := v.Addr().Interface().(type) {
	case *string:
		*target = text
	case *Secret:
		*target = NewSecret(text)
	case *bool:
		value, err := strconv.ParseBool(text)
		if *target = value; err != nil {
			problem = wantBool
		}
	case *int:
		*target, problem = parseInt(text)
	case *float64:
		*target, problem = parseFloat(text)
	case *Duration:
		problem = errorText(target.UnmarshalText([]byte(text)))
	case *[]string:
		*target = nil
		for item := range strings.SplitSeq(text, ",") {
			*target = append(*target, strings.TrimSpace(item))
		}
	case *map[string]string:
		problem = parseEntries(target, text)
	default:
		problem = "cannot be set in the environment"
	}
	return problem
}

// parseEntries adds k=v,k=v to a table.
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

func parseInt(text string) (n int, problem string) {
	value, err := strconv.ParseInt(text, 10, strconv.IntSize)
	switch {
	case isRange(err):
		return 0, wantSmaller
	case err != nil:
		return 0, wantInteger
	}
	return int(value), ""
}

func parseFloat(text string) (f float64, problem string) {
	f, err := strconv.ParseFloat(text, 64)
	switch {
	case isRange(err):
		return 0, wantSmaller
	case err != nil:
		return 0, wantNumber
	}
	return f, ""
}

func isRange(err error) bool { return errors.Is(err, strconv.ErrRange) }

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
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
