package sandbox

import (
	"net/mail"
	"regexp"
	"slices"
	"strings"
)

// company is what the settings of an Agent Connect account decide.
type company struct{ channels, brands, languages []string }

// read reads a survey request strictly and says what is wrong with it, the employee's profile aside.
func (o *company) read(c *call) (r Received, echo object, problems []string) {
	f, ok := postBody(c)
	if !ok {
		return r, nil, *f.problems
	}
	f.only("the request", "channel", "employee", "customer", "ext_interaction_id", "external_url", "tags",
		"do_not_send", "brand", "language", "country", "custom_properties")
	employee, customer := f.nested("employee"), f.nested("customer")
	employee.only("employee", "email", "custom_id")
	customer.only("customer", "email", "name", "custom_id")
	f.texts(map[string]*string{
		"channel": &r.Channel, "ext_interaction_id": &r.ExtInteractionID, "external_url": &r.ExternalURL,
		"brand": &r.Brand, "language": &r.Language, "country": &r.Country,
	})
	employee.texts(map[string]*string{"email": &r.EmployeeEmail, "custom_id": &r.EmployeeCustomID})
	customer.texts(map[string]*string{"email": &r.CustomerEmail, "name": &r.CustomerName})
	customer.text("custom_id")
	r.Tags, r.DoNotSend, r.CustomProperties = f.tags(), f.boolean("do_not_send"), f.properties()
	o.checkSettings(f, &r)
	o.checkLanguage(f, r.Language)
	checkPeople(f, &r)
	return r, f.values, *f.problems
}

// checkSettings checks channel, brand and country.
func (o *company) checkSettings(f fields, r *Received) {
	switch {
	case r.Channel == "":
		f.problem("channel is required")
	case !slices.Contains(o.channels, r.Channel):
		// Upper and lower case matter (documented).
		f.problem("Channel not enabled for company")
	}
	switch {
	case o.brands == nil:
	case r.Brand == "":
		f.problem("Brand signifier not provided")
	case !slices.Contains(o.brands, r.Brand):
		f.problem("Invalid/inactive brand signifier")
	}
	if _, given := f.values["country"]; given && !countryForm.MatchString(r.Country) {
		f.problem("country must be ISO 3166-1 alpha-2")
	}
}

var (
	// languageForm is ISO 639-1, and a region after a hyphen (documented).
	languageForm = regexp.MustCompile(`^[a-zA-Z]{2}(-[a-zA-Z]{2})?$`)
	countryForm  = regexp.MustCompile(`^[a-zA-Z]{2}$`)
)

// checkLanguage falls back from fr-ca to fr as documented.
func (o *company) checkLanguage(f fields, language string) {
	base, _, _ := strings.Cut(language, "-")
	active := slices.ContainsFunc(o.languages, func(l string) bool {
		return strings.EqualFold(l, language) || strings.EqualFold(l, base)
	})
	switch _, given := f.values["language"]; {
	case !given && len(o.languages) > 1:
		f.problem("Language not specified")
	case given && !languageForm.MatchString(language):
		f.problem("language must be an ISO 639-1 code")
	case given && o.languages != nil && !active:
		f.problem("Invalid/inactive language")
	}
}

// checkPeople checks the form of both persons. Whether the address may be missing when nobody is to be mailed
// is unknown; here it may.
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

// readRecovery checks the body of a recovery, whose employee is in r.
func readRecovery(c *call) (f fields, r Received, problems []string) {
	f, ok := postBody(c)
	if !ok {
		return f, r, *f.problems
	}
	f.only("the recovery", "employee", "initial_feedback_request_id", "ext_interaction_id", "external_url",
		"tags", "do_not_send")
	employee := f.nested("employee")
	employee.only("employee", "email", "custom_id")
	employee.texts(map[string]*string{"email": &r.EmployeeEmail, "custom_id": &r.EmployeeCustomID})
	if r.EmployeeEmail == "" && r.EmployeeCustomID == "" {
		f.problem("employee.email or employee.custom_id is required")
	}
	if (f.text("initial_feedback_request_id") == "") == (f.text("ext_interaction_id") == "") {
		f.problem("exactly one of initial_feedback_request_id and ext_interaction_id is required")
	}
	f.text("external_url")
	f.tags()
	f.boolean("do_not_send")
	return f, r, *f.problems
}
