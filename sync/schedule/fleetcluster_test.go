package schedule

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// The fields of objects for many tenants that are used. One that is written otherwise is not known here.
type (
	fleetMetadata struct {
		Name                string
		Labels, Annotations map[string]string
	}
	fleetObject struct {
		APIVersion string `yaml:"apiVersion"`
		Kind       string
		Metadata   fleetMetadata
		Spec       yaml.Node
	}
	fleetJob struct {
		BackoffLimit            *int             `yaml:"backoffLimit"`
		TTLSecondsAfterFinished int              `yaml:"ttlSecondsAfterFinished"`
		PodFailurePolicy        podFailurePolicy `yaml:"podFailurePolicy"`
		Template                struct {
			Metadata fleetMetadata
			Spec     fleetPodSpec
		}
	}
	fleetCronJob struct {
		Schedule                   string
		TimeZone                   string                  `yaml:"timeZone"`
		ConcurrencyPolicy          string                  `yaml:"concurrencyPolicy"`
		StartingDeadlineSeconds    int                     `yaml:"startingDeadlineSeconds"`
		SuccessfulJobsHistoryLimit int                     `yaml:"successfulJobsHistoryLimit"`
		FailedJobsHistoryLimit     int                     `yaml:"failedJobsHistoryLimit"`
		JobTemplate                struct{ Spec fleetJob } `yaml:"jobTemplate"`
	}
	labelSelector struct {
		MatchLabels map[string]string `yaml:"matchLabels"`
	}
	deployment struct {
		Replicas int
		Selector labelSelector
		Strategy struct {
			RollingUpdate struct {
				MaxUnavailable int `yaml:"maxUnavailable"`
				MaxSurge       int `yaml:"maxSurge"`
			} `yaml:"rollingUpdate"`
		}
		Template struct {
			Metadata fleetMetadata
			Spec     fleetPodSpec
		}
	}
	disruptionBudget struct {
		MaxUnavailable int `yaml:"maxUnavailable"`
		Selector       labelSelector
	}
	probe struct {
		HTTPGet          struct{ Path, Port string } `yaml:"httpGet"`
		PeriodSeconds    int                         `yaml:"periodSeconds"`
		TimeoutSeconds   int                         `yaml:"timeoutSeconds"`
		FailureThreshold int                         `yaml:"failureThreshold"`
	}
	fleetPodSpec struct {
		RestartPolicy                 string `yaml:"restartPolicy"`
		TerminationGracePeriodSeconds int    `yaml:"terminationGracePeriodSeconds"`
		TopologySpreadConstraints     []struct {
			MaxSkew           int           `yaml:"maxSkew"`
			TopologyKey       string        `yaml:"topologyKey"`
			WhenUnsatisfiable string        `yaml:"whenUnsatisfiable"`
			LabelSelector     labelSelector `yaml:"labelSelector"`
		} `yaml:"topologySpreadConstraints"`
		AutomountServiceAccountToken *bool     `yaml:"automountServiceAccountToken"`
		EnableServiceLinks           *bool     `yaml:"enableServiceLinks"`
		SecurityContext              yaml.Node `yaml:"securityContext"`
		Volumes                      []struct {
			Name      string
			ConfigMap struct{ Name string } `yaml:"configMap"`
			Secret    struct {
				SecretName  string `yaml:"secretName"`
				DefaultMode int    `yaml:"defaultMode"`
				Items       []struct{ Key, Path string }
			}
		}
		Containers []struct {
			Name, Image string
			Args        []string
			Env         []struct {
				Name, Value string
				ValueFrom   struct {
					SecretKeyRef struct{ Name, Key string } `yaml:"secretKeyRef"`
				} `yaml:"valueFrom"`
			}
			VolumeMounts []struct {
				Name      string
				MountPath string `yaml:"mountPath"`
				SubPath   string `yaml:"subPath"`
				ReadOnly  bool   `yaml:"readOnly"`
			} `yaml:"volumeMounts"`
			Ports []struct {
				Name          string
				ContainerPort int `yaml:"containerPort"`
			}
			LivenessProbe   probe     `yaml:"livenessProbe"`
			ReadinessProbe  probe     `yaml:"readinessProbe"`
			SecurityContext yaml.Node `yaml:"securityContext"`
			Resources       yaml.Node
		}
	}
)

// mounted are the files that the pod has from Secrets, by their paths, as the keys of these.
func (p fleetPodSpec) mounted(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	c := p.Containers[0]
	if len(c.VolumeMounts) != len(p.Volumes) {
		t.Errorf("%d volumes are mounted %d times", len(p.Volumes), len(c.VolumeMounts))
	}
	for i, m := range c.VolumeMounts {
		v := p.Volumes[i]
		if v.Name != m.Name || !m.ReadOnly {
			t.Errorf("got %+v for %+v", m, v)
		}
		for _, item := range v.Secret.Items {
			switch m.SubPath {
			case "":
				files[m.MountPath+"/"+item.Path] = item.Key
			case item.Path:
				files[m.MountPath] = item.Key
			}
		}
		if v.ConfigMap.Name != "" {
			files[m.MountPath] = v.ConfigMap.Name
		}
	}
	return files
}

func fleetObjects(t *testing.T, f Fleet) map[string]fleetObject {
	t.Helper()
	found := map[string]fleetObject{}
	list, _ := fleetFiles(t, "kubernetes", f)
	for _, file := range list {
		decoder := yaml.NewDecoder(strings.NewReader(file.Text))
		decoder.KnownFields(true)
		for {
			var o fleetObject
			err := decoder.Decode(&o)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v\n%s", file.Name, err, file.Text)
			}
			found[o.Kind+"/"+o.Metadata.Name] = o
		}
	}
	return found
}

// inCluster is a fleet with keys of all kinds.
func inCluster() Fleet {
	f := fleet()
	address := f.Address
	f.Address = Held{}
	for i := range f.Members {
		m := &f.Members[i]
		file := "/etc/acsync/secrets/" + m.Name + ".url"
		m.Keys = append(m.Keys, address,
			Held{"notify.webhook_url", InFile, file, file, false},
			Held{"agent_connect.api_secret", InVariable, strings.ToUpper(m.Name) + "_SECRET", "", false},
			Held{"agent_connect.test_api_key", ByCommand, "vault", "", false})
	}
	f.Settings = []Variable{{Name: "TZ", Value: "UTC"}, {Name: "HOME", Value: "/home/acsync", Path: true}}
	return f
}

// TestCronJobs holds that each tenant has a CronJob with its own keys alone, at the paths that its file names.
func TestCronJobs(t *testing.T) {
	found := fleetObjects(t, inCluster())
	if len(found) != 4 {
		t.Errorf("got %d objects", len(found))
	}
	var making fleetJob
	strictly(t, found["Job/acsync-init-globex"].Spec, &making)
	if args := making.Template.Spec.Containers[0].Args; *making.BackoffLimit != 0 || args[0] != "init" || args[4] != "globex" {
		t.Errorf("got %+v", making)
	}
	var passes fleetCronJob
	strictly(t, found["CronJob/acsync-acme"].Spec, &passes)
	job := passes.JobTemplate.Spec
	pod := job.Template.Spec
	if passes.ConcurrencyPolicy != "Forbid" || passes.StartingDeadlineSeconds != 600 || *job.BackoffLimit != 1 ||
		pod.RestartPolicy != "Never" || pod.TerminationGracePeriodSeconds != 45 {
		t.Errorf("got %+v", passes)
	}
	rules := job.PodFailurePolicy.Rules
	if len(rules) != 2 || rules[0].Action != "Ignore" || rules[0].OnPodConditions[0].Type != "DisruptionTarget" ||
		rules[1].Action != "FailJob" || rules[1].OnExitCodes.ContainerName != "acsync" ||
		!slices.Equal(rules[1].OnExitCodes.Values, []int{4, 10, 12, 13, 14}) {
		t.Errorf("got %+v", rules)
	}
	c := pod.Containers[0]
	if got := strings.Join(c.Args, " "); got != "run --config-dir /etc/acsync --tenant acme --if-locked wait=10m --json --log-level "+
		"info --success-codes 3,11" {
		t.Errorf("got %s", got)
	}
	want := map[string]string{
		"/etc/acsync/tenants": "acsync-tenants", "/etc/acsync/_defaults.toml": "acsync-defaults",
		"/run/acsync/credentials/acme.kustomer": "acme.kustomer", "/run/acsync/credentials/acme.connect": "acme.connect",
		"/etc/acsync/ledger.url": "acme.ledger_url", "/etc/acsync/secrets/acme.url": "acme.notify_webhook_url",
	}
	got := pod.mounted(t)
	for file, key := range want {
		if got[file] != key {
			t.Errorf("%s holds %q, want %s", file, got[file], key)
		}
	}
	if len(got) != len(want) || len(c.Env) != 3 || c.Env[0].Value != containerCredentials ||
		c.Env[1].ValueFrom.SecretKeyRef.Key != "ACME_SECRET" || c.Env[2].Name != "TZ" {
		t.Errorf("got %v, %+v", got, c.Env)
	}
	_, by := fleetFiles(t, "kubernetes", inCluster())
	wants(t, by["acsync-init.yaml"], "--from-file=acme.kustomer=/etc/acsync/secrets/acme.kustomer \\\n",
		"--from-file=ACME_SECRET=FILE-WITH-ACME_SECRET", "must be in the image: vault.")
	if n := strings.Count(by["acsync-init.yaml"], "=/etc/acsync/ledger.url"); n != 1 {
		t.Errorf("the address of the database is taken %d times", n)
	}
}

// TestDeployment holds that workers have the keys of all, and time to end what is in flight.
func TestDeployment(t *testing.T) {
	f := inCluster()
	f.Shape = Workers
	found := fleetObjects(t, f)
	var d deployment
	strictly(t, found["Deployment/acsync-work"].Spec, &d)
	var budget disruptionBudget
	strictly(t, found["PodDisruptionBudget/acsync-work"].Spec, &budget)
	name, pod := d.Template.Metadata.Labels["app.kubernetes.io/name"], d.Template.Spec
	if d.Replicas != 2 || budget.MaxUnavailable != 1 || name == "" || name != d.Selector.MatchLabels["app.kubernetes.io/name"] ||
		name != budget.Selector.MatchLabels["app.kubernetes.io/name"] || pod.TerminationGracePeriodSeconds != 120 {
		t.Errorf("got %+v, %+v", d, budget)
	}
	c := pod.Containers[0]
	if got := strings.Join(c.Args, " "); !strings.HasPrefix(got, "work --config-dir /etc/acsync --listen 0.0.0.0:9464 --drain 1m30s --every 15m ") {
		t.Errorf("got %s", got)
	}
	if c.LivenessProbe.HTTPGet.Path != "/healthz" || c.ReadinessProbe.HTTPGet.Path != "/readyz" ||
		c.Ports[0].ContainerPort != 9464 || c.Ports[0].Name != c.ReadinessProbe.HTTPGet.Port ||
		d.Template.Metadata.Annotations["prometheus.io/port"] != "9464" {
		t.Errorf("got %+v", c)
	}
	got := pod.mounted(t)
	for _, file := range []string{
		"/run/acsync/credentials/acme.kustomer", "/run/acsync/credentials/globex.kustomer", "/etc/acsync/secrets/globex.url",
	} {
		if got[file] == "" {
			t.Errorf("there is no %s among %v", file, got)
		}
	}
}
