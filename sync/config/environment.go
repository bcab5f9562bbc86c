package config

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// readEnvironment applies the variables, each "K=V". The last one counts when a name comes twice; a good
// value replaces a bad one of the file, but does not excuse it.
func (d *draft) readEnvironment(env []string) {
	names, values := variables(), map[string]string{}
	for _, variable := range env {
		if name, value, found := strings.Cut(variable, "="); found {
			values[name] = value
		}
	}
	for name, value := range values {
		key, known := names[name]
		switch {
		case value == "":
		case known && !utf8.ValidString(value) && !slices.Contains(pathKeys, key):
			d.faultAt(origin{source: name}, key, "is not UTF-8 text: a byte in it is invalid")
		case known:
			d.origins[key] = origin{source: name}
			if problem := parseValue(field(&d.cfg, key), value); problem != "" {
				d.faultAt(d.origins[key], key, problem)
			}
		case strings.HasPrefix(name, variablePrefix):
			d.faultAt(origin{source: showName(name)}, "",
				"unknown environment variable"+didYouMean(suggestVariable(name, names)))
		}
	}
}

func suggestVariable(name string, names map[string]string) string {
	short := strings.TrimPrefix(name, variablePrefix)
	if _, known := names[short]; known {
		return short // ACSYNC_KUSTOMER_API_KEY
	}
	if strings.HasPrefix(short, "RULE") {
		return "[[rule]] in the configuration file"
	}
	return suggestName(name, slices.Sorted(maps.Keys(names)))
}
