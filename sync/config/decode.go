package config

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// decoder writes the tables of a document into the configuration, and notes everything that does not fit. Decoding into
// the struct by the library would end at the first wrong type.
type decoder struct {
	*loader
	places
}

func (l *loader) decode(doc document) {
	tree, lines, faults := parse(doc.lines)
	d := decoder{loader: l, places: locate(doc, lines)}
	for _, b := range faults {
		d.broken(b)
	}
	d.table(reflect.ValueOf(&l.cfg).Elem(), "", tree)
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
	d.partial = d.partial || key == ""
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
		d.unknown(path, key, tree[name])
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

// placeOf is [places.of], with the place of a text if that is known.
func (d *decoder) placeOf(key string, value any) origin {
	at, known := d.known[key]
	if text, ok := value.(string); ok && known {
		at.text = d.doc.textColumn(at.line, text)
	}
	if known {
		return at
	}
	return d.of(key)
}

func (d *decoder) unknown(path, key string, value any) {
	const worth = 10 * maxFaults // a suggestion costs more than a fault, and nobody will see this one
	what, suggestion := "key", ""
	known := d.names(path)
	switch value.(type) {
	case map[string]any, []map[string]any:
		what = "section"
		if path == "" {
			known = sectionNames()
		}
		if suggestion = suggestName(key, known); suggestion != "" && !strings.HasPrefix(path, "rule[") {
			suggestion = "[" + suggestion + "]"
		}
	default:
		if len(d.faults) < worth {
			suggestion = suggestKey(key, known)
		}
	}
	d.faultAt(d.of(key), key, "unknown "+what+didYouMean(suggestion))
}

// names returns the keys that can be meant inside the table at path.
func (d *decoder) names(path string) []string {
	table := reflect.TypeFor[Rule]()
	switch {
	case !strings.HasPrefix(path, "rule["):
		return scalarKeys()
	case strings.HasSuffix(path, ".set"):
		table = reflect.TypeFor[RuleSet]()
	}
	var keys []string
	for f := range table.Fields() {
		keys = append(keys, path+"."+f.Tag.Get("toml"))
	}
	return keys
}
