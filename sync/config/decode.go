package config

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// decoder walks over a document key by key and writes into the configuration. Decoding into the struct by the
// library would end at the first wrong type; this goes on and finds them all.
type decoder struct {
	*loader
	doc      document
	longText bool // there is text of several lines
	base     int  // offset in the document where the parser began
	parser   *unstable.Parser
	table    []part         // the keys of the last header
	skip     bool           // the last header is unknown or broken: one fault for the whole section
	seen     map[string]int // line, from 1, on which a key or header was first given
}

// part is one name of a dotted key.
type part struct {
	name   string
	offset int // in the document
}

func newDecoder(l *loader, doc document) *decoder {
	long := bytes.Contains(doc.text, []byte(`"""`)) || bytes.Contains(doc.text, []byte(`'''`))
	return &decoder{loader: l, doc: doc, longText: long, parser: &unstable.Parser{}, seen: map[string]int{}}
}

func (d *decoder) decode() {
	clean := true
	d.parser.Reset(d.doc.text)
	for {
		for d.parser.NextExpression() {
			d.expression(d.parser.Expression())
		}
		err := d.parser.Error()
		if err == nil {
			break
		}
		clean = false
		if !d.recover(d.syntaxFault(err)) {
			break
		}
	}
	if clean && len(d.faults) == 0 {
		d.secondOpinion()
	}
}

// secondOpinion has the library decode the document as a whole, for the finer rules of TOML: tables that are defined
// in two ways at once, impossible dates.
func (d *decoder) secondOpinion() {
	err := toml.Unmarshal(d.doc.text, new(map[string]any))
	if err == nil {
		return
	}
	problem, at := "is not valid TOML", origin{file: d.doc.name, source: SourceFile}
	if decoding, ok := errors.AsType[*toml.DecodeError](err); ok {
		at.line, at.column = decoding.Position()
		problem = syntaxProblem(decoding.Error())
	}
	d.faultAt(at, "", problem)
}

func (d *decoder) expression(node *unstable.Node) {
	switch node.Kind {
	case unstable.Table, unstable.ArrayTable:
		d.header(d.parts(node.Key()), node.Kind == unstable.ArrayTable)
	case unstable.KeyValue:
		if keys := d.parts(node.Key()); !d.skip {
			path := append(d.table[:len(d.table):len(d.table)], keys...)
			d.set(reflect.ValueOf(&d.cfg).Elem(), "", path, node.Value(), keys[0].offset)
		}
	}
}

func (d *decoder) parts(keys unstable.Iterator) []part {
	var parts []part
	for keys.Next() {
		node := keys.Node()
		parts = append(parts, part{name: string(node.Data), offset: d.base + int(node.Raw.Offset)})
	}
	return parts
}

// set writes a value to where the keys lead from v, which is at path. at is the offset that faults are placed at: the
// beginning of the key as it was written.
func (d *decoder) set(v reflect.Value, path string, keys []part, value *unstable.Node, at int) {
	switch {
	case isTable(v.Type()) && len(keys) == 0:
		d.inline(v, path, value, at)
	case isTable(v.Type()):
		if next, ok := fieldTagged(v, keys[0].name); ok {
			d.set(next, join(path, keys[0].name), keys[1:], value, at)
			return
		}
		d.unknownKey(path, keys, at)
	case isTables(v.Type()) && len(keys) == 0:
		d.inlineTables(v, path, value, at)
	case isTables(v.Type()):
		if v.Len() == 0 {
			d.note(path, at, "is a list of tables: write [["+path+"]] above it")
			return
		}
		d.set(v.Index(v.Len()-1), ruleKey(path, v.Len()), keys, value, at)
	case v.Kind() == reflect.Map && len(keys) == 1:
		d.entry(v, path, keys[0], value, at)
	case v.Kind() == reflect.Map && len(keys) == 0:
		if d.claim(path, at) {
			d.origins[path] = d.doc.origin(at)
			d.inline(v, path, value, at)
		}
	case len(keys) > 0:
		d.note(path, at, "takes a value and has no keys of its own")
	default:
		d.leaf(v, path, value, at)
	}
}

// inline spreads { a = 1, b = 2 } over the table or map at path.
func (d *decoder) inline(v reflect.Value, path string, value *unstable.Node, at int) {
	if value.Kind != unstable.InlineTable {
		problem := `must be a table of texts, such as { name = "text" }, not ` + kindName(value.Kind)
		if isTable(v.Type()) {
			problem = "is a section: write [" + path + "] on a line of its own"
		}
		d.note(path, at, problem)
		return
	}
	children := value.Children()
	for children.Next() {
		if child := children.Node(); child.Kind == unstable.KeyValue {
			keys := d.parts(child.Key())
			d.set(v, path, keys, child.Value(), keys[0].offset)
		}
	}
}

// inlineTables reads rule = [{ … }, { … }].
func (d *decoder) inlineTables(v reflect.Value, path string, value *unstable.Node, at int) {
	if value.Kind != unstable.Array {
		d.note(path, at, "must be a list of tables: write [["+path+"]] on a line of its own")
		return
	}
	d.origins[path] = d.doc.origin(at)
	children := value.Children()
	for children.Next() {
		v.Set(reflect.Append(v, reflect.Zero(v.Type().Elem())))
		d.inline(v.Index(v.Len()-1), ruleKey(path, v.Len()), children.Node(), at)
	}
}

// entry writes one entry of a table of texts.
func (d *decoder) entry(v reflect.Value, path string, key part, value *unstable.Node, at int) {
	name := join(path, key.name)
	if !d.claimAs(path+"\x00"+key.name, name, at) {
		return
	}
	if _, known := d.origins[path]; !known {
		d.origins[path] = d.doc.origin(at)
	}
	d.origins[name] = d.doc.origin(at)
	if value.Kind != unstable.String {
		d.note(name, at, "must be text in quotes, not "+kindName(value.Kind))
		return
	}
	if v.IsNil() {
		v.Set(reflect.MakeMap(v.Type()))
	}
	v.SetMapIndex(reflect.ValueOf(key.name), reflect.ValueOf(string(value.Data)))
	d.contents.note(name, d.doc, d.base, value)
}

func (d *decoder) leaf(v reflect.Value, path string, value *unstable.Node, at int) {
	if !d.claim(path, at) {
		return
	}
	d.origins[path] = d.doc.origin(at)
	if problem := convert(v, value); problem != "" {
		d.note(path, at, problem)
		return
	}
	d.contents.note(path, d.doc, d.base, value)
}

// claim notes that something is given here, and tells whether this is the first time.
func (d *decoder) claim(path string, at int) bool { return d.claimAs(path, path, at) }

// claimAs is claim for a key whose shown form may be shortened.
func (d *decoder) claimAs(path, shown string, at int) bool {
	line, again := d.seen[path]
	if again {
		d.note(shown, at, fmt.Sprintf("is given a second time; the first is on line %d", line))
		return false
	}
	d.seen[path] = d.doc.line(at) + 1
	return true
}

func (d *decoder) unknownKey(path string, keys []part, at int) {
	const deepest = 4 // no key of ours is deeper, and a chain of short names can be a key that lost its place
	key := path
	for _, k := range keys[:min(len(keys), deepest)] {
		key = join(key, k.name)
	}
	if len(keys) > deepest || len(key) > 4*maxShown {
		key = join(path, keys[0].name) + ".…"
	}
	hint := ""
	if len(d.faults) < maxFaults { // a suggestion costs more than a fault, and nobody will see this one
		hint = didYouMean(suggestKey(key, d.known(path)))
	}
	d.note(key, at, "unknown key"+hint)
}

// known returns the keys that can be meant inside the table at path.
func (d *decoder) known(path string) []string {
	keys := scalarKeys()
	if !strings.HasPrefix(path, "rule[") {
		return keys
	}
	table := reflect.TypeFor[Rule]()
	if strings.HasSuffix(path, ".set") {
		table = reflect.TypeFor[RuleSet]()
	}
	keys = nil
	for f := range table.Fields() {
		keys = append(keys, path+"."+f.Tag.Get("toml"))
	}
	return keys
}

// note adds a fault at an offset of the document.
func (d *decoder) note(key string, at int, message string) {
	d.faultAt(d.doc.origin(at), key, message)
}
