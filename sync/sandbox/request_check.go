package sandbox

import (
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	maxTags = 20   // documented
	maxText = 2000 // characters of a tag or property, beyond which the service cuts (documented)
)

// fields is a JSON object under inspection. Its methods note what is wrong in problems.
type fields struct {
	values   object
	problems *[]string
}

func (f fields) problem(format string, args ...any) {
	*f.problems = append(*f.problems, fmt.Sprintf(format, args...))
}

// only refuses keys that are not documented (additionalProperties is false).
func (f fields) only(of string, known ...string) {
	for key := range f.values {
		if !slices.Contains(known, key) {
			f.problem("unknown key %q in %s", key, of)
		}
	}
}

// text is a string, empty when it is missing.
func (f fields) text(key string) string {
	value, given := f.values[key]
	s, ok := value.(string)
	if given && !ok {
		f.problem("%s must be a string", key)
	}
	return s
}

func (f fields) texts(into map[string]*string) {
	for key, target := range into {
		*target = f.text(key)
	}
}

// nested is an object in an object, empty when it is missing.
func (f fields) nested(key string) fields {
	value, given := f.values[key]
	o, ok := value.(object)
	if given && !ok {
		f.problem("%s must be an object", key)
	}
	return fields{o, f.problems}
}

func (f fields) boolean(key string) bool {
	value, given := f.values[key]
	b, ok := value.(bool)
	if given && !ok {
		f.problem("%s must be a boolean", key)
	}
	return b
}

// tags are at most 20 strings. What happens above 20 is unknown; here it is refused.
func (f fields) tags() []string {
	value, given := f.values["tags"]
	list, ok := value.([]any)
	if given && !ok {
		f.problem("tags must be an array of strings")
	}
	if len(list) > maxTags {
		f.problem("tags: at most %d are allowed", maxTags)
	}
	var tags []string
	for _, each := range list {
		s, ok := each.(string)
		if !ok {
			f.problem("tags must be an array of strings")
			break
		}
		tags = append(tags, cut(s))
	}
	return tags
}

// properties are a flat map of strings, nil when there are none.
func (f fields) properties() map[string]string {
	var all map[string]string
	for key, value := range f.nested("custom_properties").values {
		if all == nil {
			all = map[string]string{}
		}
		s, ok := value.(string)
		if !ok {
			f.problem("custom_properties.%s must be a string", key)
			continue
		}
		all[key] = cut(s)
	}
	return all
}

// cut shortens a value to what the service keeps.
func cut(s string) string {
	if utf8.RuneCountInString(s) <= maxText {
		return s
	}
	return string([]rune(s)[:maxText])
}

// postBody reads the body of a POST.
func postBody(c *call) (fields, bool) {
	problems := []string{}
	f := fields{problems: &problems}
	if !strings.HasPrefix(c.header.Get("Content-Type"), "application/json") {
		f.problem("content-type must be application/json")
		return f, false
	}
	values, err := strictObject(c.body)
	if err != nil {
		f.problem("%s", err)
		return f, false
	}
	f.values = values
	return f, true
}

// check reads a survey request strictly and says what is wrong with it, the employee's profile aside.
func (d *desk) check(c *call) (r Received, echo object, problems []string) {
	f, ok := postBody(c)
	if !ok {
		return r, nil, *f.problems
	}
	f.only("the request", "channel", "employee", "customer", "ext_interaction_id", "external_url", "tags", "do_not_send", "brand",
		"language", "country", "custom_properties")
	employee, customer := f.nested("employee"), f.nested("customer")
	employee.only("employee", "email", "custom_id")
	customer.only("customer", "email", "name", "custom_id")
	f.texts(map[string]*string{
		"channel": &r.Channel, "ext_interaction_id": &r.ExtInteractionID, "external_url": &r.ExternalURL, "brand": &r.Brand,
		"language": &r.Language, "country": &r.Country,
	})
	employee.texts(map[string]*string{"email": &r.EmployeeEmail, "custom_id": &r.EmployeeCustomID})
	customer.texts(map[string]*string{"email": &r.CustomerEmail, "name": &r.CustomerName})
	customer.text("custom_id")
	r.Tags, r.DoNotSend, r.CustomProperties = f.tags(), f.boolean("do_not_send"), f.properties()
	d.checkCompany(f, &r)
	checkPeople(f, &r)
	return r, f.values, *f.problems
}

// checkCompany checks what the company's settings decide: channel, brand, language.
func (d *desk) checkCompany(f fields, r *Received) {
	switch {
	case r.Channel == "":
		f.problem("channel is required")
	case !slices.Contains(d.options.Channels, r.Channel): // case matters (documented)
		f.problem("Channel not enabled for company")
	}
	switch {
	case d.options.Brands == nil:
	case r.Brand == "":
		f.problem("Brand signifier not provided")
	case !slices.Contains(d.options.Brands, r.Brand):
		f.problem("Invalid/inactive brand signifier")
	}
	d.checkLanguage(f, r.Language)
	if _, given := f.values["country"]; given && !countryForm.MatchString(r.Country) {
		f.problem("country must be ISO 3166-1 alpha-2")
	}
}

var (
	languageForm = regexp.MustCompile(`^[a-zA-Z]{2}(-[a-zA-Z]{2})?$`) // ISO 639-1, and a region after a hyphen (documented)
	countryForm  = regexp.MustCompile(`^[a-zA-Z]{2}$`)
)

// checkLanguage falls back from fr-ca to fr as documented.
func (d *desk) checkLanguage(f fields, language string) {
	base, _, _ := strings.Cut(language, "-")
	active := slices.ContainsFunc(d.options.Languages, func(l string) bool {
		return strings.EqualFold(l, language) || strings.EqualFold(l, base)
	})
	switch _, given := f.values["language"]; {
	case !given && len(d.options.Languages) > 1:
		f.problem("Language not specified")
	case given && !languageForm.MatchString(language):
		f.problem("language must be an ISO 639-1 code")
	case given && d.options.Languages != nil && !active:
		f.problem("Invalid/inactive language")
	}
}

// checkPeople checks the form of both persons. Whether the address may be missing when nobody is to be mailed is
// unknown; here it may.
func checkPeople(f fields, r *Received) {
	if r.EmployeeEmail == "" && r.EmployeeCustomID == "" {
		f.problem("employee.email or employee.custom_id is required")
	}
	if r.CustomerEmail == "" && r.DoNotSend {
		return
	}
	if address, err := mail.ParseAddress(r.CustomerEmail); err != nil || address.Address != r.CustomerEmail {
		f.problem("Invalid customer")
	}
}

// recoveryBody checks the body of a recovery.
func recoveryBody(c *call) (fields, []string) {
	f, ok := postBody(c)
	if !ok {
		return f, *f.problems
	}
	f.only("the recovery", "employee", "initial_feedback_request_id", "ext_interaction_id", "external_url", "tags", "do_not_send")
	employee := f.nested("employee")
	employee.only("employee", "email", "custom_id")
	if employee.text("email") == "" && employee.text("custom_id") == "" {
		f.problem("employee.email or employee.custom_id is required")
	}
	if (f.text("initial_feedback_request_id") == "") == (f.text("ext_interaction_id") == "") {
		f.problem("exactly one of initial_feedback_request_id and ext_interaction_id is required")
	}
	f.text("external_url")
	f.tags()
	f.boolean("do_not_send")
	return f, *f.problems
}
