package main

import (
	"encoding/json"
	"fmt"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// directions says which packages of this module each one may import, tests left out. The clients know the transport
// alone; the stand-ins know nothing, so that a misunderstanding of an API shows; the engine knows no command line.
var directions = map[string][]string{
	"acsync":                        {"acsync/sync/app"},
	"acsync/store":                  {},
	"acsync/store/bolt":             {"acsync/store"},
	"acsync/store/postgres":         {"acsync/store"},
	"acsync/store/postgres/pgtest":  {},
	"acsync/store/storetest":        {"acsync/store"},
	"acsync/store/storetest/memory": {},
	"acsync/sync/schedule":          {},
	"acsync/sync/manual":            {},
	"acsync/sync/mutate":            {},
	"acsync/sync/exit":              {}, // a leaf, which every package may import
	"acsync/sync/httpx":             {"acsync/sync/exit", "acsync/sync/httpx/lenient", "acsync/sync/httpx/redact"},
	"acsync/sync/kustomer":          {"acsync/sync/httpx", "acsync/sync/httpx/lenient"},
	"acsync/sync/agentconnect":      {"acsync/sync/httpx", "acsync/sync/httpx/lenient", "acsync/sync/httpx/redact"},
	"acsync/sync/config":            {"acsync/sync/httpx"},
	"acsync/sync/sandbox":           {},
	"acsync/sync/sandbox/chaos":     {"acsync/sync/sandbox"},
	"acsync/sync/decide/expr":       {},
	"acsync/sync/decide": {
		"acsync/store", "acsync/sync/agentconnect", "acsync/sync/decide/expr", "acsync/sync/kustomer",
	},
	"acsync/sync/fetch":   {"acsync/store", "acsync/sync/decide", "acsync/sync/kustomer"},
	"acsync/sync/deliver": {"acsync/store", "acsync/sync/agentconnect", "acsync/sync/decide"},
	"acsync/sync/verify":  {"acsync/store", "acsync/sync/agentconnect", "acsync/sync/decide"},
	"acsync/sync/rebuild": {
		"acsync/store", "acsync/sync/agentconnect", "acsync/sync/verify",
	},
	"acsync/sync/plan":   {"acsync/store", "acsync/sync/agentconnect", "acsync/sync/decide"},
	"acsync/sync/dryrun": {"acsync/store", "acsync/sync/agentconnect", "acsync/sync/decide", "acsync/sync/deliver"},
	"acsync/sync/journey": {
		"acsync/store", "acsync/sync/agentconnect", "acsync/sync/decide", "acsync/sync/fetch", "acsync/sync/kustomer",
		"acsync/sync/verify",
	},
	"acsync/sync/audit": {
		"acsync/store", "acsync/sync/agentconnect", "acsync/sync/decide", "acsync/sync/journey", "acsync/sync/verify",
	},
	"acsync/sync/explain": {
		"acsync/store", "acsync/sync/agentconnect", "acsync/sync/decide", "acsync/sync/fetch", "acsync/sync/kustomer",
		"acsync/sync/verify",
	},
	"acsync/sync": {
		"acsync/store", "acsync/sync/agentconnect", "acsync/sync/decide", "acsync/sync/deliver", "acsync/sync/dryrun",
		"acsync/sync/fetch", "acsync/sync/plan", "acsync/sync/verify",
	},
	"acsync/sync/check": {
		"acsync/store", "acsync/store/bolt", "acsync/sync/agentconnect", "acsync/sync/config", "acsync/sync/decide",
		"acsync/sync/httpx", "acsync/sync/kustomer",
	},
	"acsync/sync/notify":     {"acsync/store", "acsync/sync/decide", "acsync/sync/httpx"},
	"acsync/sync/report/doc": {},
	"acsync/sync/report": {
		"acsync/store", "acsync/sync", "acsync/sync/agentconnect", "acsync/sync/audit", "acsync/sync/check", "acsync/sync/decide",
		"acsync/sync/explain", "acsync/sync/fetch", "acsync/sync/journey", "acsync/sync/plan",
		"acsync/sync/report/doc", "acsync/sync/verify",
	},
	"acsync/sync/tenant": {
		"acsync/store", "acsync/store/bolt", "acsync/store/postgres", "acsync/sync", "acsync/sync/agentconnect", "acsync/sync/config",
		"acsync/sync/decide", "acsync/sync/deliver", "acsync/sync/dryrun", "acsync/sync/explain", "acsync/sync/httpx",
		"acsync/sync/kustomer", "acsync/sync/plan", "acsync/sync/verify",
	},
	"acsync/sync/app": {
		"acsync/store", "acsync/store/bolt", "acsync/store/postgres", "acsync/sync", "acsync/sync/audit", "acsync/sync/check", "acsync/sync/config", "acsync/sync/decide",
		"acsync/sync/dryrun", "acsync/sync/explain", "acsync/sync/fetch", "acsync/sync/httpx", "acsync/sync/journey",
		"acsync/sync/manual", "acsync/sync/notify", "acsync/sync/plan",
		"acsync/sync/rebuild", "acsync/sync/report", "acsync/sync/report/doc", "acsync/sync/sandbox",
		"acsync/sync/schedule", "acsync/sync/tenant", "acsync/sync/verify", "acsync/sync/work",
	},
	"acsync/sync/work":      {"acsync/store", "acsync/store/postgres"},
	"acsync/sync/packaging": {"acsync/sync/app", "acsync/sync/config", "acsync/sync/schedule"},
	// What measures the program: no part of it, so that nothing but its own kind imports it.
	"acsync/sync/measure":          {"acsync/sync/sandbox"},
	"acsync/sync/compare":          {"acsync/sync/measure", "acsync/sync/sandbox"},
	"acsync/sync/compare/careful":  {},
	"acsync/sync/compare/workflow": {},
	"acsync/sync/soak":             {},
	"acsync/sync/bench":            {},
	"acsync/sync/httpx/lenient":    {},
	"acsync/sync/httpx/redact":     {},
	"acsync/sync/simtest": {
		"acsync/store", "acsync/sync", "acsync/sync/agentconnect", "acsync/sync/config", "acsync/sync/decide",
		"acsync/sync/deliver", "acsync/sync/dryrun", "acsync/sync/fetch", "acsync/sync/httpx", "acsync/sync/kustomer",
		"acsync/sync/plan", "acsync/sync/rebuild", "acsync/sync/tenant", "acsync/sync/verify",
	},
}

// foreign says which packages alone may use a technology, so that it stays where it belongs.
var foreign = map[string][]string{
	"github.com/yuin/goldmark":        {"acsync/sync/manual"},
	"go.etcd.io/bbolt":                {"acsync/store/bolt"},
	"github.com/jackc/pgx/v5":         {"acsync/store/postgres", "acsync/store/postgres/pgtest", "acsync/sync/work"},
	"github.com/riverqueue/river":     {"acsync/sync/work"},
	"github.com/pressly/goose/v3":     {"acsync/store/postgres"},
	"github.com/urfave/cli/v2":        {"acsync/sync/app"},
	"github.com/pelletier/go-toml/v2": {"acsync/sync/config"},
	"github.com/jedib0t/go-pretty/v6": {"acsync/sync/app", "acsync/sync/report/doc"},
	"golang.org/x/term":               {"acsync/sync/app"},
	"github.com/cenkalti/backoff/v5":  {"acsync/sync/httpx"},
	"github.com/prometheus":           {"acsync/sync/notify", "acsync/sync/work"},
	"github.com/golang-jwt/jwt/v5":    {"acsync/sync/agentconnect", "acsync/sync/sandbox"},
	"github.com/go-json-experiment/json": {
		"acsync/sync/httpx/lenient", "acsync/sync/kustomer", "acsync/sync/agentconnect",
	},
}

type goPackage struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	Imports    []string
}

func packages(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Dir,GoFiles,Imports", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var list []goPackage
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := decoder.Decode(&p); err == io.EOF {
			return list
		} else if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
}

func TestDependencyDirections(t *testing.T) {
	for _, p := range packages(t) {
		allowed, known := directions[p.ImportPath]
		if !known {
			t.Errorf("%s is new: say in directions what it may import", p.ImportPath)
		}
		for _, imported := range p.Imports {
			if imported == "acsync/sync/exit" {
				continue
			}
			if (imported == "acsync" || strings.HasPrefix(imported, "acsync/")) && !slices.Contains(allowed, imported) {
				t.Errorf("%s must not import %s", p.ImportPath, imported)
			}
			for module, users := range foreign {
				if (imported == module || strings.HasPrefix(imported, module+"/")) && !slices.Contains(users, p.ImportPath) {
					t.Errorf("%s must not import %s", p.ImportPath, imported)
				}
			}
		}
	}
}

// TestSyncAlias holds the rule that importers of the engine call it surveysync: its own name is the standard library's.
func TestSyncAlias(t *testing.T) {
	for _, p := range packages(t) {
		for _, name := range p.GoFiles {
			file, err := parser.ParseFile(token.NewFileSet(), p.Dir+"/"+name, nil, parser.ImportsOnly)
			if err != nil {
				t.Fatal(err)
			}
			for _, spec := range file.Imports {
				if spec.Path.Value == fmt.Sprintf("%q", "acsync/sync") && (spec.Name == nil || spec.Name.Name != "surveysync") {
					t.Errorf("%s/%s imports acsync/sync without the alias surveysync", p.ImportPath, name)
				}
			}
		}
	}
}
