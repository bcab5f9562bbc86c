package decide

import (
	"cmp"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"

	"acsync/sync/agentconnect"
	"acsync/sync/decide/expr"
)

// FieldTexts are the configured expressions for fields of a request; an empty one leaves its field alone.
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

// below is what is wrong with the expression at a path below a place; nil when it can be used.
func (e ExpressionError) below(err error, path ...string) []ExpressionError {
	wrong, ok := errors.AsType[expr.CompileError](err)
	if !ok {
		return nil
	}
	e.Path, e.At, e.Message = slices.Concat(e.Path, path), wrong.At, wrong.Message
	return []ExpressionError{e}
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
	return compileFields(texts, "", ExpressionError{})
}

// compileFields compiles in a fixed order, the properties last. The owner is a rule; empty for the mapping.
func compileFields(
	texts FieldTexts, owner string, at ExpressionError,
) (fields Fields, wrong []ExpressionError) {
	add := func(text, name string, property ...string) {
		if text == "" {
			return
		}
		value, err := expr.CompileValue(text)
		path := append([]string{name}, property...)
		f := field{name, strings.Join(property, ""), cmp.Or(owner, "mapping."+strings.Join(path, ".")), value}
		if err != nil {
			wrong = append(wrong, at.below(err, path...)...)
		} else {
			fields = append(fields, f)
		}
	}
	add(texts.Brand, fieldBrand)
	add(texts.Language, fieldLanguage)
	add(texts.Country, fieldCountry)
	add(texts.EmployeeCustomID, fieldEmployeeID)
	add(texts.Channel, fieldChannel)
	add(texts.Tags, fieldTags)
	for _, property := range slices.Sorted(maps.Keys(texts.CustomProperties)) {
		add(texts.CustomProperties[property], fieldProperties, property)
	}
	return fields, wrong
}

func (f Fields) has(name string) bool {
	return slices.ContainsFunc(f, func(each field) bool { return each.name == name })
}

// before is the fields, then those of other that are not among them. All tags are kept: they add up.
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

// ofRecovery are the fields that a recovery has.
func (f Fields) ofRecovery() (kept Fields) {
	for _, each := range f {
		if each.name == fieldEmployeeID || each.name == fieldTags {
			kept = append(kept, each)
		}
	}
	return kept
}

func (f Fields) readCustomer() bool {
	return slices.ContainsFunc(f, func(each field) bool { return each.value.ReadsCustomer })
}

// fill evaluates the fields into a request. Its only error is a fieldError.
func (f Fields) fill(r *agentconnect.Request, env *expr.Env) error {
	var added []string
	for _, each := range f {
		texts, err := each.texts(env)
		if err != nil {
			return err
		}
		if each.name == fieldTags {
			added = append(added, texts...)
		} else {
			each.set(r, texts)
		}
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

func (f field) set(r *agentconnect.Request, texts []string) {
	text := clean(strings.Join(texts, expr.ListSeparator))
	if text == "" {
		return
	}
	switch f.name {
	case fieldBrand:
		r.Brand = text
	case fieldLanguage:
		r.Language = firstCode(texts, languageCode)
	case fieldCountry:
		r.Country = firstCode(texts, countryCode)
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

// newRequest is what the vendor's workflow sends, before rules and mapping. A recovery goes to the customer
// of the first request, and has no channel.
func newRequest(p Policy, c Candidate, to recipient, recovery bool) agentconnect.Request {
	r := agentconnect.Request{
		Recovery:         recovery,
		Employee:         agentconnect.Employee{Email: c.agentAddress()},
		Tags:             tagsOf(c.Tags),
		DoNotSend:        p.FlagDoNotSend && c.doNotSend(p.DoNotSendAttributes),
		ExtInteractionID: c.Conversation.ID,
		ExternalURL:      ConversationURL(p.AppURL, c.Conversation.CustomerID, c.Conversation.ID),
	}
	if !recovery {
		r.Customer = agentconnect.Customer{Name: to.customer.Name.Value, Email: to.chosen.Value}
		r.Channel = channelOf(p, c.Conversation.Channels)
	}
	return r
}

// channelOf is Agent Connect's name for the channel that counts.
func channelOf(p Policy, channels []string) string {
	name := mainChannel(channels)
	if mapped, ok := p.Channels[name]; ok {
		return clean(mapped)
	}
	switch name {
	case "voice":
		return "phone"
	case "":
		return clean(p.DefaultChannel)
	}
	return name
}

// ConversationURL is a conversation's address in Kustomer's application; empty when a part is unknown.
func ConversationURL(appURL, customer, conversation string) string {
	if appURL == "" || customer == "" || conversation == "" {
		return ""
	}
	return appURL + "/app/customers/" + url.PathEscape(customer) + "/event/" + url.PathEscape(conversation)
}
