package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"acsync/store"
	"acsync/sync/report/doc"
)

// TestTenantsFit: those that are well are one line that takes no room from the one that is not.
func TestTenantsFit(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	tenants := Tenants{Dir: "/etc/acsync", Here: " --config-dir /etc/acsync", Now: now, List: []TenantStatus{
		{Name: "umbrella", Level: SignalAct, Text: "the database acsync on db1:5432 refuses the login of the address"},
	}}
	for i := range 199 {
		s := Status{Info: store.Info{Checkpoint: now.Add(-time.Duration(i) * time.Minute)}}
		tenants.List = append(tenants.List, TenantStatus{Name: fmt.Sprintf("acme-%03d", i), Level: SignalOK, Status: &s})
	}
	var b bytes.Buffer
	if err := doc.Text(&b, TenantsDoc(tenants), doc.Style{Width: 80}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"ACT   umbrella     the database acsync on db1:5432 refuses the login of the",
		"OK    199 tenants  all lights are green, oldest checkpoint 3 h 18 min ago",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no line %q in\n%s", want, b.String())
		}
	}
}
