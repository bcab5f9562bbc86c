package decide

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"acsync/sync/agentconnect"
	"acsync/sync/decide/expr"
)

// FieldTexts are the expressions for the fields of a survey request, as they are configured; an empty one
// leaves its field as it is.
type FieldTexts struct {
	Channel          string // Agent Connect's name; for a rule
	Tags             string // added to the conversation's own; for a rule
	Brand            string
	Language         string
	Country          string
	EmployeeCustomID string
	CustomProperties map[string]string
}

// ExpressionError is an expression that cannot be used.
type ExpressionError struct {
	Rule    int      // which rule, from 1; 0 for the mapping
	Section string   // in place of the mapping: "recovery"
	Path    []string // the keys below it: "when", or "custom_properties" and a name
	At      int      // the character of the expression, from 1; 0 where it is about all of it
	Message string   // what is wrong, and what there is
}

// The fields that expressions can fill, by their keys in the configuration.
const (
	fieldBrand      = "brand"
	fieldLanguage   = "language"
	fieldCountry    = "country"
	fieldEmployeeID = "employee_custom_id"
	fieldChannel    = "channel"
	fieldTags       = "tags"
	fieldProperties = "custom_properties"
)

// Fields are compiled expressions for fields of a survey request. The zero Fields fill none.
type Fields []field

type field struct {
	name     string // one of the fields above
	property string // of custom_properties
	owner    string // who is named when it fails: "mapping.brand", or a rule
	value    *expr.Expression
}

// CompileMapping compiles the expressions of the mapping.
func CompileMapping(texts FieldTexts) (Fields, []ExpressionError) {
	fields, problems := compileFields(texts)
	for i, f := range fields {
		fields[i].owner = strings.TrimSuffix("mapping."+f.name+"."+f.property, ".")
	}
	return fields, problems
}

// compileFields compiles expressions in a fixed order; the properties come last, by name.
func compileFields(texts FieldTexts) (fields Fields, problems []ExpressionError) {
	add := func(name, property, text string) {
		if text == "" {
			return
		}
		value, err := expr.CompileValue(text)
		if e, ok := errors.AsType[expr.CompileError](err); ok {
			path := []string{name}
			if property != "" {
				path = append(path, property)
			}
			problems = append(problems, ExpressionError{Path: path, At: e.At, Message: e.Message})
			return
		}
		fields = append(fields, field{name: name, property: property, value: value})
	}
	add(fieldBrand, "", texts.Brand)
	add(fieldLanguage, "", texts.Language)
	add(fieldCountry, "", texts.Country)
	add(fieldEmployeeID, "", texts.EmployeeCustomID)
	add(fieldChannel, "", texts.Channel)
	add(fieldTags, "", texts.Tags)
	for _, property := range slices.Sorted(maps.Keys(texts.CustomProperties)) {
		add(fieldProperties, property, texts.CustomProperties[property])
	}
	return fields, problems
}

// has reports whether one of the fields is filled.
func (f Fields) has(name string) bool {
	return slices.ContainsFunc(f, func(each field) bool { return each.name == name })
}

// before is the fields, and behind them those of other that are not among them already. Tags are all kept:
// they add up.
func (f Fields) before(other Fields) Fields {
	all := slices.Clip(f)
	for _, each := range other {
		taken := slices.ContainsFunc(f, func(mine field) bool {
			return mine.name == each.name && mine.property == each.property && mine.name != fieldTags
		})
		if !taken {
			all = append(all, each)
		}
	}
	return all
}

// ofRecovery are those of the fields that a recovery has.
func (f Fields) ofRecovery() (kept Fields) {
	for _, each := range f {
		if each.name == fieldEmployeeID || each.name == fieldTags {
			kept = append(kept, each)
		}
	}
	return kept
}

// readCustomer reports whether one of the fields depends on the customer.
func (f Fields) readCustomer() bool {
	return slices.ContainsFunc(f, func(each field) bool { return each.value.ReadsCustomer })
}

// fill evaluates the fields into a survey request. What has no value is left out. An error is a fieldError.
func (f Fields) fill(r *agentconnect.Request, env *expr.Env) error {
	var added []string
	for _, each := range f {
		texts, err := each.texts(env)
		if err != nil {
			return err
		}
		if each.name == fieldTags {
			added = append(added, texts...)
			continue
		}
		each.set(r, clean(strings.Join(texts, expr.ListSeparator)))
	}
	if len(added) > 0 {
		r.Tags = tagsOf(append(added, r.Tags...))
	}
	return nil
}

func (f field) texts(env *expr.Env) ([]string, error) {
	value, err := f.value.Eval(env)
	if err == nil {
		var texts []string
		if texts, err = expr.TextsOf(value); err == nil {
			return texts, nil
		}
		err = expr.RunError{At: 1}
	}
	return nil, fieldError{f.owner, err}
}

// set writes a text into its field; an empty one leaves it as it is.
func (f field) set(r *agentconnect.Request, text string) {
	if text == "" {
		return
	}
	switch f.name {
	case fieldBrand:
		r.Brand = text
	case fieldLanguage:
		r.Language = languageCode(text)
	case fieldCountry:
		r.Country = countryCode(text)
	case fieldEmployeeID:
		r.Employee = agentconnect.Employee{CustomID: text}
	case fieldChannel:
		r.Channel = text
	case fieldProperties:
		if r.CustomProperties == nil {
			r.CustomProperties = map[string]string{}
		}
		r.CustomProperties[f.property] = text
	}
}

// fieldError is an expression that failed on a conversation.
type fieldError struct {
	owner string // as in field
	error
}
