package decide

import (
	"slices"

	"acsync/sync/decide/expr"
)

// NamedAttribute is a custom attribute that an expression names.
type NamedAttribute struct {
	Attribute string // "custom.planStr" of the conversation, "customer.custom.planStr"
	By        string // "mapping.brand", "recovery.when", or `rule "vip"`
}

// Attributes are the custom attributes that the expressions of a policy name, in their order.
func Attributes(p Policy) (list []NamedAttribute) {
	add := func(by string, e *expr.Expression) {
		for _, attribute := range e.Attributes {
			if named := (NamedAttribute{attribute, by}); !slices.Contains(list, named) {
				list = append(list, named)
			}
		}
	}
	for _, each := range p.Rules {
		by := `rule "` + each.name + `"`
		add(by, each.when)
		for _, f := range each.set {
			add(by, f.value)
		}
	}
	for _, f := range p.Mapping {
		add(f.owner, f.value)
	}
	if p.Recovery != nil {
		add("recovery.when", p.Recovery.when)
	}
	return list
}

// MappedFields are the fields of a request that have one value, and that the rules and the mapping of a
// policy can fill, by their keys in the configuration: "brand", "custom_properties.order". The channel, which
// every request has, is always among them.
func MappedFields(p Policy) []string {
	fields := slices.Clone(p.Mapping)
	for _, each := range p.Rules {
		fields = append(fields, each.set...)
	}
	list := []string{fieldChannel}
	for _, name := range []string{fieldBrand, fieldLanguage, fieldCountry} {
		if fields.has(name) {
			list = append(list, name)
		}
	}
	var properties []string
	for _, each := range fields {
		if each.name == fieldProperties {
			properties = append(properties, fieldProperties+"."+each.property)
		}
	}
	slices.Sort(properties)
	return append(list, slices.Compact(properties)...)
}
