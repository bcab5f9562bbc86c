package config

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// PagerVariable names the program that shows long answers. It is the one variable of acsync that is no key.
const PagerVariable = variablePrefix + "PAGER"

// maxPassedOver is how many variables a warning names.
const maxPassedOver = 5

// readEnvironment applies the variables, each "K=V". The last one counts when a name comes twice; a good
// value replaces a bad one of the file, but does not excuse it. Others begin as the variables of keys do,
// too: of those only one that resembles a key is a fault, for nothing else was meant by it.
func (d *draft) readEnvironment(s Source) {
	names, values := variables(), map[string]string{}
	for _, variable := range s.Env {
		if name, value, found := strings.Cut(variable, "="); found {
			values[name] = value
		}
	}
	var over []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		value := values[name]
		key, known := names[name]
		given := value != ""
		if slices.Contains(secrets, key) {
			// As in a file: who reads a key into a variable often reads its line break too.
			value = strings.TrimSpace(value)
		}
		switch {
		case !given:
		case value == "":
			d.faultAt(origin{source: name}, key, "is empty but for blanks or line breaks")
		case known && !utf8.ValidString(value) && !slices.Contains(pathKeys, key):
			d.faultAt(origin{source: name}, key, "is not UTF-8 text: a byte in it is invalid")
		case known:
			d.origins[key] = origin{source: name}
			if problem := parseValue(field(&d.cfg, key), value); problem != "" {
				d.faultAt(d.origins[key], key, problem)
			}
		case !strings.HasPrefix(name, variablePrefix), name == PagerVariable, ofService(name, value):
		default:
			shown, meant := showName(name), suggestVariable(name, names)
			if meant != "" && !s.ReadOnly {
				d.faultAt(origin{source: shown}, "", "unknown environment variable"+didYouMean(meant))
				break
			}
			if meant != "" {
				shown += " (did you mean " + meant + "?)"
			}
			over = append(over, shown)
		}
	}
	if len(over) > 0 {
		d.warnings = append(d.warnings, passedOver(over))
	}
}

// ofService reports whether a variable is one of those that Kubernetes gives to every container for a Service
// whose name begins with "acsync-".
func ofService(name, value string) bool {
	found := serviceVariable.FindStringSubmatch(name)
	// A path may be meant by ACSYNC_LEDGER_PORT, and by what Kubernetes gives never.
	return found != nil && (found[1] != "PORT" || strings.Contains(value, "://"))
}

// serviceVariable is how those are named (documented).
var serviceVariable = regexp.MustCompile(
	`_(PORT|SERVICE_HOST|SERVICE_PORT(?:_.+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:ADDR|PORT|PROTO))?)$`)

func passedOver(names []string) string {
	more := ""
	if n := len(names) - maxPassedOver; n > 0 {
		names, more = names[:maxPassedOver], fmt.Sprintf(" and %d more", n)
	}
	return "environment variables that are no keys of acsync were passed over: " + strings.Join(names, ", ") +
		more
}

// UnknownZone says what is wrong with the variable TZ where it gives the zone of dates (sync.timezone =
// "Local"); nil for nothing. Go takes UTC in place of a zone that it does not know, without a word.
func (c Config) UnknownZone(env []string) error {
	zone := ""
	for _, variable := range env {
		if value, found := strings.CutPrefix(variable, "TZ="); found {
			zone = value
		}
	}
	name, err := strings.TrimPrefix(zone, ":"), error(nil)
	switch {
	// There the variable means nothing to Go.
	case c.Sync.Timezone != "Local", runtime.GOOS == "windows":
	case name == "UTC0": // a rule that Go does not read either, and means what it takes
	case name == "Local":
		err = errors.New("it names itself")
	case filepath.IsAbs(name):
		var data []byte
		if data, err = os.ReadFile(name); err == nil {
			_, err = time.LoadLocationFromTZData(name, data)
		}
	default:
		_, err = time.LoadLocation(name)
	}
	if err != nil {
		return fmt.Errorf(`TZ=%s is no time zone that acsync knows: set TZ, or sync.timezone, to a name such `+
			`as "Europe/Berlin" (rules such as CET-1CEST are not read)`, shorten(zone))
	}
	return nil
}

// flagsAlone are flags that somebody may want to give by a variable. Where it was passed over, a pass would
// send what was only to be looked at, or do so with another configuration.
var flagsAlone = []string{"CONFIG", "DRY_RUN", "MAX", "SANDBOX"}

func suggestVariable(name string, names map[string]string) string {
	short := strings.TrimPrefix(name, variablePrefix)
	if _, known := names[short]; known {
		return short // ACSYNC_KUSTOMER_API_KEY
	}
	if strings.HasPrefix(short, "RULE") {
		return "[[rule]] in the configuration file"
	}
	if slices.Contains(flagsAlone, short) {
		return "the flag --" + strings.ToLower(strings.ReplaceAll(short, "_", "-"))
	}
	for _, variable := range slices.Sorted(maps.Keys(names)) {
		// A single word may be anybody's: ACSYNC_PATH.
		_, last, _ := strings.Cut(names[variable], ".")
		if strings.Contains(last, "_") && strings.EqualFold(short, last) {
			return variable // ACSYNC_MAX_PER_RUN
		}
	}
	return suggestName(name, slices.Sorted(maps.Keys(names)))
}

// Variables returns the environment variable of each key outside of rules.
func Variables() map[string]string {
	names := map[string]string{}
	for name, key := range variables() {
		names[key] = name
	}
	return names
}

// Variable returns the value of an environment variable of env, each "K=V", and whether it is set. Of several
// the last counts.
func Variable(env []string, name string) (string, bool) {
	for _, pair := range slices.Backward(env) {
		key, value, _ := strings.Cut(pair, "=")
		if key == name || runtime.GOOS == "windows" && strings.EqualFold(key, name) {
			return value, true
		}
	}
	return "", false
}
