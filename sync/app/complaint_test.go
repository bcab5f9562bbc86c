package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"acsync/store"
	"acsync/store/bolt"
	surveysync "acsync/sync"
	"acsync/sync/agentconnect"
	"acsync/sync/config"
	"acsync/sync/deliver"
	"acsync/sync/exit"
	"acsync/sync/fetch"
	"acsync/sync/httpx"
	"acsync/sync/manual"
	"acsync/sync/plan"
	"acsync/sync/report"
	"acsync/sync/tenant"
	"acsync/sync/verify"
)

// TestComplaints: what happened and what to do stand apart, each of them whole, and the topic is one of the manual.
func TestComplaints(t *testing.T) {
	_, missing := bolt.Open(filepath.Join(t.TempDir(), "acsync.db"), bolt.Options{ReadOnly: true})
	_, unread := plan.Read([]byte("{}"), plan.Terms{})
	stale := plan.Ledger{ID: "1", Transaction: 2}.Check(store.Info{ID: "1", Transaction: 1})
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	tests := []struct {
		err               error
		what, hint, topic string
	}{
		{missing, "there is no ledger", "acsync init", "start"},
		{unread, "it is no plan", "acsync plan", "plans"},
		{stale, "the plan has seen 2", "acsync ledger rebuild", "restore"},
		{&surveysync.IdentityError{Ledger: "conversation", Configured: "resolution"}, "remembers by conversation", "ledger convert --survey-per resolution", "ledger"},
		{&surveysync.TooOldError{}, "two years", "acsync init --start", "backfill"},
		{&surveysync.FloorError{}, "ledger.retain", "or later", "backfill"},
		{&surveysync.UnconfirmedError{Planned: 700}, "would create 700", "--confirm-first-run 700", "backfill"},
		{&surveysync.AheadError{Checkpoint: now.Add(48 * time.Hour), Now: now}, "a clock was wrong", "acsync backfill", "troubleshooting"},
		{&surveysync.RangeError{Range: fetch.Window{From: now, To: now.Add(time.Hour)}, Latest: now}, "ends in the future", "the latest possible end", "backfill"},
		{&fetch.OverflowError{At: now, Rows: 9}, "at least 9", "which bulk job", "troubleshooting"},
		{&fetch.FutileError{At: now}, "less than a second", "Kustomer's support", "troubleshooting"},
		{&verify.StrangerError{Number: 9, Given: 3}, "a request with number 9", "acsync ledger rebuild", "restore"},
		{&verify.RestoredError{Since: now}, "has failed over to a copy", "acsync ledger rebuild", "restore"},
		{&verify.RestoredError{Since: now, Until: now.Add(time.Hour)}, "has failed over to a copy", "nothing has to be done", "restore"},
		{&httpx.Error{Service: "kustomer", Method: "GET", Path: "/v1/users", Status: 401, Kind: httpx.Credentials}, "credentials refused", "check the API key", "kustomer"},
		{&httpx.Error{Service: "agent connect", Method: "GET", Path: "/v2/data", Status: 403, Kind: httpx.Credentials}, "credentials refused", "check the API key", "agent-connect"},
		{&httpx.Error{Service: "kustomer", Method: "GET", Path: "/v1/users", Kind: httpx.Network}, "no complete answer", "proxy settings", "troubleshooting"},
		{deliver.ErrRefused, "was refused by Agent Connect", "AGENT_CONNECT_API_KEY", "agent-connect"},
		{deliver.ErrNoSuchAddress, "(404)", "agent_connect.base_url", "agent-connect"},
		{agentconnect.ErrNoSecret, "without the API secret", "AGENT_CONNECT_API_SECRET", "agent-connect"},
		{tenant.ErrUnmade, "of the sandbox yet", "acsync run makes it", "start"},
		{config.Faults{{File: "none.toml", Message: "does not exist", Todo: "acsync init"}}, "does not exist", "acsync init", "configuration"},
		{config.Faults{{Key: "sync.settle", Message: "must be shorter"}}, "sync.settle: must be shorter", "", "configuration"},
		{fmt.Errorf("%w beside it", store.ErrRolledBack), "beside it", "", "restore"},
		{ended{exit.Fuse, unfinished(report.Pass{Result: surveysync.Result{Fuse: "max_per_run"}})}, "a fuse blew: max_per_run", "the next pass goes on", "troubleshooting"},
		{noSuchCommand(nil, "rnu"), `no command "rnu"`, "there are", ""},
		// Only what the error itself says is its hint: what it wraps may be of something else.
		{opaque{deliver.ErrRefused}, "something else", "", "agent-connect"},
		{errors.Join(errors.New("one"), tenant.ErrUnmade), "one\nthere is no ledger of the sandbox yet", "acsync run makes it", "start"},
		{errors.New("no advice"), "no advice", "", ""},
	}
	said := map[string]bool{}
	for _, test := range tests {
		c := newComplaint(test.err)
		see := ""
		if test.topic != "" {
			see = "see acsync help " + test.topic
			if _, known := manual.Lookup(test.topic); !known {
				t.Errorf("%T: there is no topic %s", test.err, test.topic)
			}
		}
		if !strings.Contains(c.what, test.what) || !strings.Contains(c.hint, test.hint) || !strings.HasSuffix(c.hint, see) ||
			test.hint != "" && strings.Contains(c.what, test.hint) || see == "" && test.hint == "" && c.hint != "" {
			t.Errorf("%T: %q, hint %q", test.err, c.what, c.hint)
		}
		for each := range tree(test.err) {
			said[fmt.Sprintf("%T", each)] = true
		}
	}
	for _, name := range advisingTypes(t) {
		if !said[name] {
			t.Errorf("%s has advice, and is not tried here", name)
		}
	}
	for code, topic := range topics {
		if _, known := manual.Lookup(topic); !known {
			t.Errorf("exit code %d: there is no topic %s", code, topic)
		}
	}
}

// advisingTypes are the types of errors in the program that say what to do, as %T names them.
func advisingTypes(t *testing.T) (names []string) {
	t.Helper()
	err := filepath.WalkDir("../..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			method, ok := decl.(*ast.FuncDecl)
			if !ok || method.Recv == nil || method.Name.Name != "Todo" {
				continue
			}
			if of, ok := method.Recv.List[0].Type.(*ast.StarExpr); ok {
				names = append(names, "*"+file.Name.Name+"."+of.X.(*ast.Ident).Name)
			}
		}
		return nil
	})
	if err != nil || len(names) < 10 {
		t.Fatalf("%v, %v", names, err)
	}
	return names
}

// opaque is an error that does not say what it wraps.
type opaque struct{ error }

func (opaque) Error() string   { return "something else" }
func (o opaque) Unwrap() error { return o.error }

// TestComplain: one line says what happened and another what to do; in JSON they are fields of one object.
func TestComplain(t *testing.T) {
	var out bytes.Buffer
	l := &commandLine{stderr: &out, says: &voice{}}
	err := exit.Advise(errors.New("it is closed"), "open it", "start")
	complain(l, err)
	if got, want := out.String(), "acsync: it is closed\nhint: open it; see acsync help start\n"; got != want {
		t.Errorf("got %q", got)
	}
	out.Reset()
	l.says.json = true
	complain(l, err)
	var line struct{ Level, Msg, Hint string }
	if json.Unmarshal(out.Bytes(), &line) != nil || line.Level != "ERROR" || line.Msg != "it is closed" || line.Hint != "open it; see acsync help start" {
		t.Errorf("got %s", out.String())
	}
}
