{{/*
The groups of nodes as a list in JSON: name, suffix of names, tiers, and the rules by which nodes belong
to it. The rules exclude each other, so that a node never runs two drivers: a group takes what has its
label and belongs to no group before it, and `tiers` of the values take the rest.
*/}}
{{- define "cairn.groups" -}}
{{- $groups := list -}}
{{- $taken := list -}}
{{- range .Values.nodeGroups -}}
{{- $own := dict "key" .label "operator" "In" "values" .values -}}
{{- $groups = append $groups (dict "name" .name "suffix" (printf "-%s" .name) "tiers" .tiers "rules" (append $taken $own)) -}}
{{- $taken = append $taken (dict "key" .label "operator" "NotIn" "values" .values) -}}
{{- end -}}
{{- if .Values.tiers -}}
{{- $groups = append $groups (dict "name" "default" "suffix" "" "tiers" .Values.tiers "rules" $taken) -}}
{{- end -}}
{{- $groups | toJson -}}
{{- end -}}

{{/* The names of all tiers, each once, as a list in JSON. */}}
{{- define "cairn.tierNames" -}}
{{- $names := list -}}
{{- range (include "cairn.groups" . | fromJsonArray) -}}
{{- range .tiers -}}{{- $names = append $names .name -}}{{- end -}}
{{- end -}}
{{- $names | uniq | sortAlpha | toJson -}}
{{- end -}}

{{/* The name of a tier's class. Takes (dict "root" $ "tier" "fast"). */}}
{{- define "cairn.className" -}}
{{- $own := index .root.Values.storageClasses.tiers .tier | default dict -}}
{{- $own.name | default (printf "%s-%s" .root.Values.storageClasses.prefix .tier) -}}
{{- end -}}

{{/*
The parent directories of a group's loop tiers on the host. The pod mounts the parents, so that it sees a disk that
is mounted later, and so that the note next to the directory is on the host.
*/}}
{{- define "cairn.loopParents" -}}
{{- $parents := list -}}
{{- range .tiers -}}{{- if .loop -}}{{- $parents = append $parents (dir .loop.directory) -}}{{- end -}}{{- end -}}
{{- $parents | uniq | sortAlpha | toJson -}}
{{- end -}}

{{/* The directories that the pod must create on the host: those of tiers that are not mount points. */}}
{{- define "cairn.loopFolders" -}}
{{- $folders := list -}}
{{- range .tiers -}}
{{- if .loop -}}{{- if and .loop.create (not .loop.mountPoint) -}}{{- $folders = append $folders .loop.directory -}}{{- end -}}{{- end -}}
{{- end -}}
{{- $folders | uniq | sortAlpha | toJson -}}
{{- end -}}

{{/* "true" if a group has an LVM tier. */}}
{{- define "cairn.hasLVM" -}}
{{- range .tiers -}}{{- if .lvm -}}true{{- end -}}{{- end -}}
{{- end -}}

{{/* The tiers file of a group. */}}
{{- define "cairn.tiersFile" -}}
{{ dict "tiers" .tiers | toYaml }}
{{- end -}}
