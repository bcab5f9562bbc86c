package config

import "strings"

const variablePrefix = "ACSYNC_"

// variableName returns the environment variable of one of scalarKeys.
func variableName(key string) string {
	for _, s := range secrets {
		if s.key == key {
			return s.variable
		}
	}
	return variablePrefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

// variables maps the names of all environment variables to their keys.
func variables() map[string]string {
	names := map[string]string{}
	for _, key := range scalarKeys() {
		names[variableName(key)] = key
	}
	return names
}

// readEnvironment applies the variables, of which the last one counts when a name comes twice.
func (l *loader) readEnvironment() {
	names := variables()
	values := map[string]string{}
	for _, variable := range l.source.Env {
		if name, value, found := strings.Cut(variable, "="); found {
			values[name] = value
		}
	}
	for name, value := range values {
		key, known := names[name]
		switch {
		case value == "":
		case known:
			l.readVariable(name, key, value)
		case strings.HasPrefix(name, variablePrefix):
			l.faultAt(origin{source: showName(name)}, "", "unknown environment variable"+didYouMean(suggestVariable(name, names)))
		}
	}
}

// readVariable applies one variable. A good value replaces a bad one of the file, but does not excuse it.
func (l *loader) readVariable(name, key, value string) {
	at := origin{source: name}
	l.origins[key] = at
	v := field(&l.cfg, key)
	if problem := parseValue(v, value); problem != "" {
		l.faultAt(at, key, problem)
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
	known := make([]string, 0, len(names))
	for _, key := range scalarKeys() {
		known = append(known, variableName(key))
	}
	return suggestName(name, known)
}
