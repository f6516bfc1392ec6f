{{/* Checks that the schema cannot do: values that depend on each other. Every message names the value. */}}
{{- define "cairn.checks" -}}
{{- $groups := include "cairn.groups" . | fromJsonArray -}}
{{- if not $groups -}}
{{- fail "tiers and nodeGroups are both empty: no node would run the driver; add a tier" -}}
{{- end -}}
{{- $seen := dict -}}
{{- range $index, $group := .Values.nodeGroups -}}
{{- if or (hasKey $seen $group.name) (eq $group.name "default") -}}
{{- fail (printf "nodeGroups[%d].name: %s is already in use; choose another name" $index $group.name) -}}
{{- end -}}
{{- $_ := set $seen $group.name true -}}
{{- end -}}
{{- range $groups -}}
{{- include "cairn.checkTiers" (dict "root" $ "group" .) -}}
{{- end -}}
{{- $names := include "cairn.tierNames" . | fromJsonArray -}}
{{- with .Values.storageClasses.defaultTier -}}
{{- if not (has . $names) -}}
{{- fail (printf "storageClasses.defaultTier: tier %s does not exist; the tiers are: %s" . (join ", " $names)) -}}
{{- end -}}
{{- end -}}
{{- range $name, $_ := .Values.storageClasses.tiers -}}
{{- if not (has $name $names) -}}
{{- fail (printf "storageClasses.tiers.%s: this tier does not exist; the tiers are: %s" $name (join ", " $names)) -}}
{{- end -}}
{{- end -}}
{{- $owners := dict -}}
{{- range $tier := $names -}}
{{- $class := include "cairn.className" (dict "root" $ "tier" $tier) -}}
{{- with index $owners $class -}}
{{- fail (printf "storageClasses.tiers.%s.name: %s is also the class of tier %s; choose another name" $tier $class .) -}}
{{- end -}}
{{- $_ := set $owners $class $tier -}}
{{- end -}}
{{- include "cairn.checkCertificates" . -}}
{{- include "cairn.checkGoneTiers" . -}}
{{- end -}}

{{/*
A tier cannot be removed while the cluster has a PersistentVolume of its class. A driver that has lost the proof of
the tier would answer a delete of its volumes with success, and the data would stay on the disk.
*/}}
{{- define "cairn.checkGoneTiers" -}}
{{- $names := include "cairn.tierNames" . | fromJsonArray -}}
{{- $gone := dict -}}
{{- range (include "cairn.installedTiers" (dict "root" . "besides" list) | fromJsonArray) -}}
{{- if not (has .name $names) -}}{{- $_ := set $gone .name true -}}{{- end -}}
{{- end -}}
{{- $classes := dict -}}
{{- if $gone -}}
{{- range (lookup "storage.k8s.io/v1" "StorageClass" "" "").items -}}
{{- $tier := dig "parameters" "tier" "" . -}}
{{- if and (eq .provisioner $.Values.driverName) (hasKey $gone $tier) -}}{{- $_ := set $classes .metadata.name $tier -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- if $classes -}}
{{- range (lookup "v1" "PersistentVolume" "" "").items -}}
{{- $class := dig "spec" "storageClassName" "" . -}}
{{- if and (eq (dig "spec" "csi" "driver" "" .) $.Values.driverName) (hasKey $classes $class) -}}
{{- fail (printf "tiers: %s was removed, but PersistentVolume %s has its class %s; put the tier back, or delete the tier's claims and snapshots first (Kubernetes.md, Remove a tier)" (index $classes $class) .metadata.name $class) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "cairn.checkTiers" -}}
{{- $seen := dict -}}
{{- $default := "" -}}
{{- $folders := list (printf "/var/lib/cairn/state%s" (include "cairn.driverSuffix" .root)) -}}
{{- range .group.tiers -}}
{{- if hasKey $seen .name -}}
{{- fail (printf "tiers: %s is defined twice in group %s; remove one of them" .name $.group.name) -}}
{{- end -}}
{{- $_ := set $seen .name true -}}
{{- if .default -}}
{{- if $default -}}
{{- fail (printf "tiers: %s and %s of group %s are both the default; only one can be" $default .name $.group.name) -}}
{{- end -}}
{{- $default = .name -}}
{{- end -}}
{{- if .loop -}}
{{- include "cairn.checkFolder" (dict "root" $.root "tier" . "others" $folders) -}}
{{- $folders = append $folders .loop.directory -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
The driver's pod mounts the parent of a loop tier's directory at the same path. That must not hide files of the
container, and no tier may be inside another one.
*/}}
{{- define "cairn.checkFolder" -}}
{{- $directory := .tier.loop.directory -}}
{{- $parent := dir $directory -}}
{{- $advice := printf "tiers: loop.directory of %s: %s" .tier.name $directory -}}
{{- if ne $directory (clean $directory) -}}
{{- fail (printf "%s is not in its short form; write %s" $advice (clean $directory)) -}}
{{- end -}}
{{- if eq $parent "/" -}}
{{- fail (printf "%s is directly under /, and the driver's pod mounts the parent directory; use a directory like /mnt/%s" $advice .tier.name) -}}
{{- end -}}
{{- if has $parent (list "/home" "/opt" "/root" "/tmp" "/var" "/var/lib") -}}
{{- fail (printf "%s is directly under %s, and the driver's pod mounts the parent directory; use a directory like /var/lib/cairn/%s or /mnt/%s" $advice $parent .tier.name .tier.name) -}}
{{- end -}}
{{- range append (list "/bin" "/boot" "/csi" "/dev" "/etc" "/lib" "/lib32" "/lib64" "/proc" "/registration" "/run" "/sbin" "/sys" "/usr" "/var/run") .root.Values.kubeletDir -}}
{{- if hasPrefix (printf "%s/" .) (printf "%s/" $parent) -}}
{{- fail (printf "%s is under %s, which belongs to the system; use a directory like /mnt/%s" $advice . $.tier.name) -}}
{{- end -}}
{{- end -}}
{{- range .others -}}
{{- if or (hasPrefix (printf "%s/" .) (printf "%s/" $directory)) (hasPrefix (printf "%s/" $directory) (printf "%s/" .)) -}}
{{- fail (printf "%s and %s are one inside the other; choose another directory" $advice .) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "cairn.checkCertificates" -}}
{{- $certificates := .Values.certificates -}}
{{- if eq .Values.shape "single" -}}
{{- if .Values.controller.page.enabled -}}
{{- fail "controller.page.enabled: the shape single has no controller; use the shape cluster, or switch the page off" -}}
{{- end -}}
{{- else -}}
{{- if eq $certificates.source "secret" -}}
{{- range ternary (list "controllerSecret" "nodeSecret") (list "controllerSecret") (empty $certificates.nodeVolume) -}}
{{- if not (index $certificates .) -}}
{{- fail (printf "certificates.%s: name the Secret, because certificates.source is secret" .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and $certificates.nodeVolume $certificates.nodeSecret -}}
{{- fail "certificates.nodeSecret: certificates.nodeVolume is set too; remove one of them" -}}
{{- end -}}
{{- if and $certificates.requireNodeNames (not $certificates.nodeVolume) -}}
{{- fail "certificates.requireNodeNames: all nodes share the certificate of the Secret, which names no node; set certificates.nodeVolume first" -}}
{{- end -}}
{{- end -}}
{{- end -}}
