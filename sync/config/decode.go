package config

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// decoder writes the tables of a document into the configuration, and notes everything that does not fit.
// Decoding into the struct by the library would end at the first wrong type.
type decoder struct {
	*draft
	places
}

func decode(into *draft, doc document) {
	tree, lines, faults := parse(doc.lines)
	d := decoder{draft: into, places: locate(doc, lines)}
	for _, b := range faults {
		d.broken(b)
	}
	d.table(reflect.ValueOf(&into.cfg).Elem(), "", tree)
}

// broken adds the fault of a place that is not valid TOML.
func (d *decoder) broken(b broken) {
	at := d.doc.place(b.line, b.column)
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
	d.faultAt(at, key, problem)
}

// table reads the keys of a table into a struct.
func (d *decoder) table(v reflect.Value, path string, tree map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(tree)) {
		key := join(path, name)
		if field, known := fieldTagged(v, name); known {
			d.set(field, key, tree[name])
			continue
		}
		d.unknown(v.Type(), path, key, tree[name])
	}
}

// set writes the value of a key.
func (d *decoder) set(v reflect.Value, key string, value any) {
	tree, isTree := value.(map[string]any)
	list, isList := value.([]any)
	problem := ""
	switch {
	case isTable(v.Type()) && isTree:
		d.table(v, key, tree)
		return
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
		return
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
		return
	default:
		d.origins[key] = d.placeOf(key, value)
		problem = convert(v, value)
	}
	if problem != "" {
		d.faultAt(d.of(key), key, problem)
	}
}

// placeOf is [places.of], with the place of the value if that is a text.
func (d *decoder) placeOf(key string, value any) origin {
	at := d.of(key)
	_, exact := d.known[key]
	if text, ok := value.(string); ok && exact {
		at.text = d.doc.textColumn(at.line, text)
	}
	return at
}

// unknown adds the fault of a key in a table, or of a section when tables are given.
func (d *decoder) unknown(table reflect.Type, path, key string, value any) {
	known := scalarKeys()
	if strings.HasPrefix(path, "rule[") {
		known = tagged(table, path)
	}
	if list, ok := value.([]any); ok && len(list) > 0 {
		value = list[0]
	}
	if _, isTree := value.(map[string]any); isTree {
		if path == "" {
			known = tagged(table, "")
		}
		suggestion := suggestName(key, known)
		if suggestion != "" && !strings.HasPrefix(path, "rule[") {
			suggestion = "[" + suggestion + "]"
		}
		d.faultAt(d.of(key), key, "unknown section"+didYouMean(suggestion))
		return
	}
	suggestion := ""
	// A suggestion costs more than a fault, and nobody will see most of them.
	if len(d.faults) < 10*maxFaults {
		suggestion = suggestKey(key, known)
	}
	d.faultAt(d.of(key), key, "unknown key"+didYouMean(suggestion))
}
