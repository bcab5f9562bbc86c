package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/xrash/smetrics"
)

// fieldValues counts which values a field has in the requests that would be made.
type fieldValues struct {
	Field  string       `json:"field"`
	None   int          `json:"none"`   // requests without one
	Values []valueCount `json:"values"` // the most frequent first
}

type valueCount struct {
	Value string `json:"value"`
	Count int    `json:"count"`
}

// valuesOf counts the values of each field that the configuration can fill.
func valuesOf(r *Rules) []fieldValues {
	list := []fieldValues{}
	for _, name := range r.Mapped {
		counts, found := map[string]int{}, fieldValues{Field: name, Values: []valueCount{}}
		for _, row := range r.rows {
			made := row.rulings[0].Request
			if made == nil {
				continue
			}
			if value := valueOf(made, name); value == "" {
				found.None++
			} else {
				counts[value]++
			}
		}
		for _, value := range byFrequency(counts) {
			found.Values = append(found.Values, valueCount{value, counts[value]})
		}
		list = append(list, found)
	}
	return list
}

// valueOf is the value of a field by its name; empty where the request has none.
func valueOf(r *request, field string) string {
	for _, each := range stableFields(r) {
		if each.Field == field {
			return each.After
		}
	}
	return ""
}

// ofCustomer begins the name of an attribute of the customer.
const ofCustomer = "customer.custom."

// unknownAttribute is an attribute that expressions name, and that no conversation has.
type unknownAttribute struct {
	Attribute string   `json:"attribute"`
	NamedBy   []string `json:"named_by"`
	Meant     string   `json:"did_you_mean"` // one that there is, and whose name is alike; empty for none
	Read      int      `json:"read"`         // conversations, or customers, that have none of that name
}

// unknownAttributes are in the order in which the configuration names them. Of customers who were not read
// nothing is known.
func unknownAttributes(r *Rules) []unknownAttribute {
	list := []unknownAttribute{}
	for _, named := range r.Named {
		read := r.readable
		if strings.HasPrefix(named.Attribute, ofCustomer) {
			read = r.customers
		}
		if read == 0 || r.attributes[named.Attribute] {
			continue
		}
		same := func(u unknownAttribute) bool { return u.Attribute == named.Attribute }
		if i := slices.IndexFunc(list, same); i < 0 {
			list = append(list, unknownAttribute{
				named.Attribute, []string{named.By}, meant(r, named.Attribute), read,
			})
		} else if !slices.Contains(list[i].NamedBy, named.By) {
			list[i].NamedBy = append(list[i].NamedBy, named.By)
		}
	}
	return list
}

// shortestBeginning is how many letters two names must begin with for one to stand for the other.
const shortestBeginning = 4

// meant is the attribute that there is, and whose name is most alike; empty where none is near enough.
// Kustomer ends a name by its type, which is easily left out.
func meant(r *Rules, attribute string) string {
	bare := bareName(attribute)
	best, least := "", max(2, len(bare)/4)+1
	for _, known := range slices.Sorted(maps.Keys(r.attributes)) {
		name := bareName(known)
		far := smetrics.WagnerFischer(bare, name, 1, 1, 1)
		if begins := strings.HasPrefix(bare, name) || strings.HasPrefix(name, bare); begins &&
			min(len(name), len(bare)) >= shortestBeginning {
			far = min(far, 1) // one is the other, cut short
		}
		if strings.HasPrefix(known, ofCustomer) != strings.HasPrefix(attribute, ofCustomer) {
			far++ // rather one of the same owner
		}
		if far < least {
			best, least = known, far
		}
	}
	return best
}

// bareName is the name of an attribute without its owner, its type, its case and its signs.
func bareName(attribute string) string {
	name := attribute[strings.LastIndex(attribute, ".")+1:]
	for _, kind := range []string{"Str", "Num", "Bool", "At", "Txt", "Obj", "Tree", "Url"} {
		if bare, found := strings.CutSuffix(name, kind); found && bare != "" {
			name = bare
			break
		}
	}
	letters := strings.Map(func(c rune) rune {
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			return -1
		}
		return unicode.ToLower(c)
	}, name)
	return cmp.Or(letters, name)
}
