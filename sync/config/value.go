package config

import (
	"errors"
	"reflect"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

const (
	wantText     = "must be text in quotes"
	wantInteger  = "must be a whole number"
	wantNumber   = "must be a number"
	wantBool     = "must be true or false"
	wantDuration = `must be a duration in quotes, such as "30s", "3m" or "72h"`
	wantList     = `must be a list of texts, such as ["a", "b"]`
	tooLarge     = "is a number too large to be of use"
)

// convert writes the value of a node of the file into a field. It returns what is wrong with it, without quoting it.
func convert(v reflect.Value, node *unstable.Node) (problem string) {
	text := string(node.Data)
	switch target := v.Addr().Interface().(type) {
	case *string:
		*target, problem = text, wrongKind(node, wantText, unstable.String)
	case *Secret:
		if problem = wrongKind(node, wantText, unstable.String); problem == "" {
			*target = NewSecret(text)
		}
	case *bool:
		*target, problem = text == "true", wrongKind(node, wantBool, unstable.Bool)
	case *int:
		if problem = wrongKind(node, wantInteger, unstable.Integer); problem == "" {
			*target, problem = parseInt(text, 0)
		}
	case *float64:
		if problem = wrongKind(node, wantNumber, unstable.Float, unstable.Integer); problem == "" {
			*target, problem = parseFloat(strings.ReplaceAll(text, "_", ""))
		}
	case *Duration:
		if problem = wrongKind(node, wantDuration, unstable.String); problem == "" {
			problem = errorText(target.UnmarshalText(node.Data))
		}
	case **Duration:
		*target = new(Duration)
		problem = convert(v.Elem(), node)
	case *[]string:
		*target, problem = texts(node)
	default:
		problem = "cannot be set in a file"
	}
	return problem
}

func texts(node *unstable.Node) (list []string, problem string) {
	if problem = wrongKind(node, wantList, unstable.Array); problem != "" {
		return nil, problem
	}
	list = []string{}
	children := node.Children()
	for children.Next() {
		item := children.Node()
		if problem = wrongKind(item, wantList, unstable.String); problem != "" {
			return nil, problem
		}
		list = append(list, string(item.Data))
	}
	return list, ""
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
		*target, problem = parseInt(text, 10)
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

func parseInt(text string, base int) (n int, problem string) {
	value, err := strconv.ParseInt(text, base, strconv.IntSize)
	switch {
	case isRange(err):
		return 0, tooLarge
	case err != nil:
		return 0, wantInteger
	}
	return int(value), ""
}

func parseFloat(text string) (f float64, problem string) {
	if n, err := strconv.ParseInt(text, 0, 64); err == nil { // 0x10 and the like are integers in TOML
		return float64(n), ""
	}
	f, err := strconv.ParseFloat(text, 64)
	switch {
	case isRange(err):
		return 0, tooLarge
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

// wrongKind says that a node is not what is wanted, "" when it is.
func wrongKind(node *unstable.Node, want string, kinds ...unstable.Kind) string {
	for _, kind := range kinds {
		if node.Kind == kind {
			return ""
		}
	}
	return want + ", not " + kindName(node.Kind)
}

// kindName names a kind of value in the words of somebody who has not read TOML's specification.
func kindName(kind unstable.Kind) string {
	switch kind {
	case unstable.String:
		return "text in quotes"
	case unstable.Bool:
		return "true or false"
	case unstable.Integer, unstable.Float:
		return "a number"
	case unstable.Array:
		return "a list"
	case unstable.InlineTable:
		return "a table"
	}
	return "a date or time"
}
