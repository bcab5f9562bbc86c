package config

import (
	"cmp"
	"encoding"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// decoder writes the tables of a document into the configuration, and notes everything that does not fit.
// Decoding into the struct by the library would end at the first wrong type.
type decoder struct {
	*draft
	places
	many bool // the file is one of a folder of tenants
}

func decode(into *draft, doc document, many bool) {
	tree, lines, faults := parse(doc.lines)
	d := decoder{draft: into, places: locate(doc, lines), many: many}
	for _, b := range faults {
		d.broken(b)
	}
	d.table(reflect.ValueOf(&into.cfg).Elem(), "", tree)
}

// broken adds the fault of a place that is not valid TOML.
func (d *decoder) broken(b broken) {
	name, problem := b.about(d.doc.lines[b.line-1])
	key := ""
	if name != "" {
		key = join(d.sectionAt(b.line), name)
	}
	if b.again != "" {
		key = cmp.Or(key, b.again)
		problem = "is given twice, in two ways at once, or holds a key twice"
		if first := d.known[key]; first.line > 0 {
			problem = fmt.Sprintf("is given a second time; the first is on line %d", first.line)
		}
	}
	d.partial = d.partial || key == "" || b.again != ""
	d.faultAt(d.doc.place(b.line, b.column), key, problem)
}

func (d *decoder) table(v reflect.Value, path string, tree map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(tree)) {
		key := join(path, name)
		if field, known := fieldTagged(v, name); known {
			d.set(field, key, tree[name])
		} else if key == inheritRules {
			d.inheritance(tree[name])
		} else {
			d.unknown(v.Type(), path, key, tree[name])
		}
	}
}

// inheritance reads whether the rules of all tenants hold for this one.
func (d *decoder) inheritance(value any) {
	d.origins[inheritRules] = d.of(inheritRules)
	takes, isBool := value.(bool)
	switch {
	case !d.many:
		d.faultAt(d.of(inheritRules), inheritRules, "has a meaning in the file of a tenant alone, of those that "+
			"--config-dir names")
	case !isBool:
		d.faultAt(d.of(inheritRules), inheritRules, wanted[reflect.TypeFor[bool]()]+", not "+kindName(value))
	default:
		d.inherit = &takes
	}
}

func (d *decoder) set(v reflect.Value, key string, value any) {
	tree, isTree := value.(map[string]any)
	list, isList := value.([]any)
	problem := ""
	switch {
	case isTable(v.Type()) && isTree:
		d.table(v, key, tree)
	case isTable(v.Type()) && isList:
		problem = "cannot be given several times: write [" + key + "]"
	case isTable(v.Type()):
		problem = "is a section: write [" + key + "] on a line of its own"
	case isTables(v.Type()) && isTree:
		problem = "is a list of tables: write [[" + key + "]]"
	case isTables(v.Type()) && isList:
		d.origins[key] = d.of(key)
		v.Set(reflect.MakeSlice(v.Type(), len(list), len(list)))
		for i, each := range list {
			entry := ruleKey(key, i+1)
			d.origins[entry] = d.of(entry)
			d.set(v.Index(i), entry, each)
		}
	case isTables(v.Type()):
		problem = "must be a list of tables: write [[" + key + "]] on a line of its own"
	case v.Kind() == reflect.Map && isTree:
		d.origins[key] = d.of(key)
		if v.IsNil() {
			v.Set(reflect.MakeMap(v.Type()))
		}
		for _, name := range slices.Sorted(maps.Keys(tree)) {
			text := reflect.New(v.Type().Elem()).Elem()
			d.set(text, join(key, name), tree[name])
			v.SetMapIndex(reflect.ValueOf(name), text)
		}
	default:
		at := d.of(key)
		if text, ok := value.(string); ok && d.known[key] == at {
			at.text = d.doc.textColumn(at.line, text)
		}
		d.origins[key] = at
		problem = convert(v, value)
	}
	if problem != "" {
		d.faultAt(d.of(key), key, problem)
	}
}

// unknown adds the fault of a key in a table, or of a section when tables are given.
func (d *decoder) unknown(table reflect.Type, path, key string, value any) {
	if list, ok := value.([]any); ok && len(list) > 0 {
		value = list[0]
	}
	_, isTree := value.(map[string]any)
	known, inRule := scalarKeys(), strings.HasPrefix(path, "rule[")
	if inRule || isTree && path == "" {
		known = tagged(table, path)
	}
	what, suggestion := "unknown key", ""
	switch {
	case strings.HasSuffix(key, "."+inheritRules):
		what = "must stand above the first section"
	case isTree:
		what, suggestion = "unknown section", suggestName(key, known)
		if suggestion != "" && !inRule {
			suggestion = "[" + suggestion + "]"
		}
	// A suggestion costs more than a fault, and nobody will see most of them.
	case len(d.faults) < 10*maxFaults:
		suggestion = suggestKey(key, known)
	}
	d.faultAt(d.of(key), key, what+didYouMean(suggestion))
}

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

// convert writes a value of a document into a field. It returns what is wrong with it, without quoting it.
func convert(v reflect.Value, value any) (problem string) {
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		return convert(v.Elem(), value)
	}
	text, isText := value.(string)
	number, isNumber := value.(int64)
	list, isList := value.([]any)
	written, hasText := v.Addr().Interface().(encoding.TextUnmarshaler)
	switch {
	case isText && hasText:
		if err := written.UnmarshalText([]byte(text)); err != nil {
			return err.Error()
		}
	case isNumber && v.Kind() == reflect.Int:
		if v.OverflowInt(number) {
			return tooLarge
		}
		v.SetInt(number)
	case isNumber && v.Kind() == reflect.Float64:
		v.SetFloat(float64(number))
	case isList && v.Kind() == reflect.Slice:
		texts := make([]string, len(list))
		for i, item := range list {
			if texts[i], isText = item.(string); !isText {
				return wanted[v.Type()] + ", not " + kindName(item)
			}
		}
		v.Set(reflect.ValueOf(texts))
	case reflect.TypeOf(value) == v.Type():
		v.Set(reflect.ValueOf(value))
	default:
		return wanted[v.Type()] + ", not " + kindName(value)
	}
	return ""
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
		if v.IsNil() {
			v.Set(reflect.MakeMap(v.Type()))
		}
		for item := range strings.SplitSeq(text, ",") {
			name, value, found := strings.Cut(item, "=")
			if !found {
				return "must be written name=value,name=value"
			}
			v.SetMapIndex(reflect.ValueOf(strings.TrimSpace(name)), reflect.ValueOf(strings.TrimSpace(value)))
		}
		return ""
	}
	switch {
	case errors.Is(err, strconv.ErrRange):
		return tooLarge
	case err != nil:
		return wanted[v.Type()]
	}
	return convert(v, value)
}
