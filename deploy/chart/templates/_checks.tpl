{{/* What the schema cannot say: values that must fit each other. Every message names the value. */}}
{{- define "cairn.checks" -}}
{{- $groups := include "cairn.groups" . | fromJsonArray -}}
{{- if not $groups -}}
{{- fail "tiers: there are none, and nodeGroups is empty: no node would run the driver" -}}
{{- end -}}
{{- $seen := dict -}}
{{- range $index, $group := .Values.nodeGroups -}}
{{- if or (hasKey $seen $group.name) (eq $group.name "default") -}}
{{- fail (printf "nodeGroups[%d].name: %s is taken" $index $group.name) -}}
{{- end -}}
{{- $_ := set $seen $group.name true -}}
{{- end -}}
{{- range $groups -}}
{{- include "cairn.checkTiers" . -}}
{{- end -}}
{{- $names := include "cairn.tierNames" . | fromJsonArray -}}
{{- with .Values.storageClasses.defaultTier -}}
{{- if not (has . $names) -}}
{{- fail (printf "storageClasses.defaultTier: there is no tier %s; there are %s" . (join ", " $names)) -}}
{{- end -}}
{{- end -}}
{{- range $name, $_ := .Values.storageClasses.tiers -}}
{{- if not (has $name $names) -}}
{{- fail (printf "storageClasses.tiers.%s: there is no such tier; there are %s" $name (join ", " $names)) -}}
{{- end -}}
{{- end -}}
{{- include "cairn.checkCertificates" . -}}
{{- end -}}

{{- define "cairn.checkTiers" -}}
{{- $group := . -}}
{{- $seen := dict -}}
{{- $system := list "/" "/bin" "/boot" "/dev" "/etc" "/home" "/lib" "/lib64" "/proc" "/root" "/run" "/sbin" "/sys" "/tmp" "/usr" "/var" "/var/lib" "/var/run" "/var/lib/kubelet" -}}
{{- range .tiers -}}
{{- if hasKey $seen .name -}}
{{- fail (printf "tiers: %s stands twice in the group %s" .name $group.name) -}}
{{- end -}}
{{- $_ := set $seen .name true -}}
{{- if .loop -}}
{{- if has (dir .loop.directory) $system -}}
{{- fail (printf "tiers: loop.directory of %s: the driver's pod mounts the parent of %s, and %s is a folder of the system; take a folder like /var/lib/cairn/%s or /mnt/%s" .name .loop.directory (dir .loop.directory) .name .name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "cairn.checkCertificates" -}}
{{- $certificates := .Values.certificates -}}
{{- if and (eq .Values.shape "cluster") (eq $certificates.source "secret") -}}
{{- range list "controllerSecret" "nodeSecret" -}}
{{- if not (index $certificates .) -}}
{{- fail (printf "certificates.%s: name the Secret, since certificates.source is secret" .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
