package config

import (
	"fmt"
	"reflect"
)

// header takes up [section] or [[list]]: the keys below it belong there. Below an unknown one they are skipped, since a
// typo in a header is one mistake and not twenty.
func (d *decoder) header(keys []part, list bool) {
	d.table, d.skip = nil, true
	at := keys[0].offset
	v, path, ok := d.walk(keys, at)
	if !ok {
		return
	}
	switch {
	case isTables(v.Type()) && list:
		v.Set(reflect.Append(v, reflect.Zero(v.Type().Elem())))
		if _, known := d.origins[path]; !known {
			d.origins[path] = d.doc.origin(at)
		}
		d.origins[ruleKey(path, v.Len())] = d.doc.origin(at)
	case isTables(v.Type()):
		d.note(path, at, "is a list of tables: write [["+path+"]]")
		return
	case list:
		d.note(path, at, "cannot be given several times: write ["+path+"]")
		return
	default:
		d.claimHeader(path, at)
	}
	d.table, d.skip = keys, false
}

// walk goes from the root to where a header leads.
func (d *decoder) walk(keys []part, at int) (v reflect.Value, path string, ok bool) {
	v = reflect.ValueOf(&d.cfg).Elem()
	for _, key := range keys {
		if isTables(v.Type()) {
			if v.Len() == 0 {
				d.note(path, at, "is a list of tables: write [["+path+"]] above it")
				return v, path, false
			}
			path, v = ruleKey(path, v.Len()), v.Index(v.Len()-1)
		}
		if !isTable(v.Type()) {
			d.note(path, at, "has no sections of its own")
			return v, path, false
		}
		next, known := fieldTagged(v, key.name)
		if !known {
			d.unknownHeader(path, key.name, at)
			return v, path, false
		}
		v, path = next, join(path, key.name)
	}
	if !isTable(v.Type()) && !isTables(v.Type()) && v.Kind() != reflect.Map {
		d.note(path, at, "is no section: write it as key = value")
		return v, path, false
	}
	return v, path, true
}

func (d *decoder) unknownHeader(path, name string, at int) {
	known := sectionNames()
	if path != "" {
		known = d.known(path)
	}
	key := join(path, name)
	hint := ""
	if suggestion := suggestName(key, known); suggestion != "" {
		hint = didYouMean("[" + suggestion + "]")
	}
	d.note(key, at, "unknown section"+hint)
}

// claimHeader notes that a section begins here; its keys count even when it does so for a second time.
func (d *decoder) claimHeader(path string, at int) {
	if line, again := d.seen["["+path]; again {
		d.note(path, at, fmt.Sprintf("section is given a second time; the first is on line %d", line))
		return
	}
	d.seen["["+path] = d.doc.line(at) + 1
}
