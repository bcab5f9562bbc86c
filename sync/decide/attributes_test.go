package decide

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestAttributes names the attributes of all expressions, each with who names it.
func TestAttributes(t *testing.T) {
	p := testPolicy()
	var problems []ExpressionError
	p.Rules, problems = CompileRules([]RuleText{
		{Name: "vip", When: `custom.vipBool and custom.vipBool == true`, Set: FieldTexts{Brand: `custom.brandStr`, Tags: `custom.tagStr`}},
		{Name: "all", When: `"x" in tags`, Set: FieldTexts{CustomProperties: map[string]string{"who": `customer.custom.whoStr`}}},
	})
	mapping, more := CompileMapping(FieldTexts{Language: `custom.langStr`, CustomProperties: map[string]string{"order": `custom.orderStr`, "who": `"x"`}})
	recovery, last := CompileRecovery(`custom.again`)
	if problems = append(append(problems, more...), last...); len(problems) > 0 {
		t.Fatal(problems)
	}
	p.Mapping, p.Recovery = mapping, recovery
	want := []NamedAttribute{
		{"custom.vipBool", `rule "vip"`},
		{"custom.brandStr", `rule "vip"`},
		{"custom.tagStr", `rule "vip"`},
		{"customer.custom.whoStr", `rule "all"`},
		{"custom.langStr", "mapping.language"},
		{"custom.orderStr", "mapping.custom_properties.order"},
		{"custom.again", "recovery.when"},
	}
	if diff := cmp.Diff(want, Attributes(p)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	fields := []string{"channel", "brand", "language", "custom_properties.order", "custom_properties.who"}
	if diff := cmp.Diff(fields, MappedFields(p)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"channel"}, MappedFields(testPolicy())); diff != "" {
		t.Errorf("of no mapping: -want +got:\n%s", diff)
	}
}
