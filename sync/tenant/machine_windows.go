package tenant

import "golang.org/x/sys/windows/registry"

// machineID is what Windows keeps of itself since it was installed; empty where that cannot be read.
func machineID() string {
	const access = registry.QUERY_VALUE | registry.WOW64_64KEY
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, `SOFTWARE\Microsoft\Cryptography`, access)
	if err != nil {
		return ""
	}
	defer key.Close()
	id, _, err := key.GetStringValue("MachineGuid")
	if err != nil {
		return ""
	}
	return id
}
