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
The folders of the host in which a group's loop tiers lie: the parents of their directories, so that a
disk which is mounted later is seen, and the note beside the directory is the host's.
*/}}
{{- define "cairn.loopParents" -}}
{{- $parents := list -}}
{{- range .tiers -}}{{- if .loop -}}{{- $parents = append $parents (dir .loop.directory) -}}{{- end -}}{{- end -}}
{{- $parents | uniq | sortAlpha | toJson -}}
{{- end -}}

{{/* The directories that somebody has to make: those of tiers that are no mount points. */}}
{{- define "cairn.loopFolders" -}}
{{- $folders := list -}}
{{- range .tiers -}}
{{- if .loop -}}{{- if and .loop.create (not .loop.mountPoint) -}}{{- $folders = append $folders .loop.directory -}}{{- end -}}{{- end -}}
{{- end -}}
{{- $folders | uniq | sortAlpha | toJson -}}
{{- end -}}

{{/* "true" where a group has a tier of LVM. */}}
{{- define "cairn.hasLVM" -}}
{{- range .tiers -}}{{- if .lvm -}}true{{- end -}}{{- end -}}
{{- end -}}

{{/* The file of a group's tiers. */}}
{{- define "cairn.tiersFile" -}}
{{ dict "tiers" .tiers | toYaml }}
{{- end -}}
