package sync_test

import (
	"strings"
	"testing"
	"time"

	"acsync/store"
	"acsync/store/bolt"
	surveysync "acsync/sync"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/deliver"
	"acsync/sync/kustomer"
	"acsync/sync/sandbox"
)

// TestWrongMappingsAreRefusedVisibly makes passes against stand-ins of an account with several brands and languages: what
// the mapping gets wrong comes back as a rejection with its reason.
func TestWrongMappingsAreRefusedVisibly(t *testing.T) {
	for name, test := range map[string]struct {
		texts decide.FieldTexts
		want  decide.Reason // of most; empty: most are accepted
	}{
		"right":              {decide.FieldTexts{Brand: `"acme"`, Language: `"fr_ca"`, Country: `"at"`}, ""},
		"no brand":           {decide.FieldTexts{Language: `"en"`}, decide.BrandRefused},
		"unknown brand":      {decide.FieldTexts{Brand: `"nobody"`, Language: `"en"`}, decide.BrandRefused},
		"no language":        {decide.FieldTexts{Brand: `"acme"`}, decide.LanguageRefused},
		"unknown language":   {decide.FieldTexts{Brand: `"acme"`, Language: `"ja"`}, decide.LanguageRefused},
		"no language at all": {decide.FieldTexts{Brand: `"acme"`, Language: `"German"`}, decide.LanguageRefused},
		"unknown channel":    {decide.FieldTexts{Brand: `"acme"`, Language: `"en"`, Channel: `"Email"`}, decide.ChannelNotEnabled},
		"unknown employee":   {decide.FieldTexts{Brand: `"acme"`, Language: `"en"`, EmployeeCustomID: `"X-1"`}, decide.EmployeeNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			mapping, problems := decide.CompileMapping(test.texts)
			if problems != nil {
				t.Fatal(problems)
			}
			result := passWith(t, mapping)
			accepted := result.Counts[store.Accepted]
			if refused := result.Reasons[store.Rejected][test.want]; test.want == "" && accepted == 0 || test.want != "" && (refused == 0 || accepted > 0) {
				t.Errorf("%d accepted, refusals %v", accepted, result.Reasons[store.Rejected])
			}
		})
	}
}

// passWith makes a short pass with a mapping.
func passWith(t *testing.T, mapping decide.Fields) surveysync.Result {
	t.Helper()
	stand, err := sandbox.Start(sandbox.Options{Brands: []string{"acme"}, Languages: []string{"en", "fr"}, PerHour: 40})
	if err != nil {
		t.Fatal(err)
	}
	defer stand.Close()
	reader, err := kustomer.New(kustomer.Options{BaseURL: stand.KustomerURL(), APIKey: stand.KustomerKey(), Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	sender, err := agentconnect.New(agentconnect.Options{BaseURL: stand.AgentConnectURL(), APIKey: stand.AgentConnectKey(), Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	path := t.TempDir() + "/acsync.db"
	if err := bolt.Create(path, time.Now().Add(-30*time.Minute)); err != nil {
		t.Fatal(err)
	}
	ledger, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer ledger.Close()
	e := &surveysync.Engine{
		Source: reader, Directory: reader, Sender: sender, Ledger: ledger, Observer: deaf{},
		Options: surveysync.Options{
			Policy: decide.Policy{SkipImported: true, SkipSpam: true, SkipMachineAgents: true, Mapping: mapping},
			Limits: deliver.Limits{ErrorRate: 1}, Settle: time.Minute, Recheck: time.Hour, Concurrency: 4, Stamp: true,
		},
	}
	result, err := e.Run(t.Context())
	if err != nil && !strings.Contains(err.Error(), "fuse") {
		t.Fatal(err)
	}
	return result
}
