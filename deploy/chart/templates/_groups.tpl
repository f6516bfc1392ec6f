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
The tiers that the release has in the cluster now, as a list in JSON. Empty if Helm does not see the cluster.
Takes (dict "root" $ "besides" (list "cairn-tiers")): names of ConfigMaps to leave out.
*/}}
{{- define "cairn.installedTiers" -}}
{{- $tiers := list -}}
{{- range (lookup "v1" "ConfigMap" .root.Release.Namespace "").items -}}
{{- if and (eq (dig "metadata" "labels" "app.kubernetes.io/instance" "" .) $.root.Release.Name) (not (has .metadata.name $.besides)) -}}
{{- range (dig "data" "tiers.yaml" "" . | fromYaml).tiers -}}{{- $tiers = append $tiers . -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- $tiers | toJson -}}
{{- end -}}

{{/*
The parent directories of a group's loop tiers on the host. The pod mounts the parents, so that it sees a disk that
is mounted later, and so that the note next to the directory is on the host. The parents of tiers that this upgrade
removes are among them: the driver has to see that their pools are empty. Takes (dict "root" $ "group" ...).
*/}}
{{- define "cairn.loopParents" -}}
{{- $name := include "cairn.name" .root -}}
{{- $others := list -}}
{{- range (include "cairn.groups" .root | fromJsonArray) -}}
{{- if ne .suffix $.group.suffix -}}{{- $others = append $others (printf "%s-tiers%s" $name .suffix) -}}{{- end -}}
{{- end -}}
{{- /* The nodes of a new group were in another one until now. */ -}}
{{- $own := printf "%s-tiers%s" $name .group.suffix -}}
{{- $installed := list -}}
{{- range (lookup "v1" "ConfigMap" .root.Release.Namespace "").items -}}{{- $installed = append $installed .metadata.name -}}{{- end -}}
{{- if not (has $own $installed) -}}{{- $others = list -}}{{- end -}}
{{- $parents := list -}}
{{- range .group.tiers -}}{{- if .loop -}}{{- $parents = append $parents (dir .loop.directory) -}}{{- end -}}{{- end -}}
{{- $folders := include "cairn.loopFolders" .group | fromJsonArray -}}
{{- range (include "cairn.installedTiers" (dict "root" .root "besides" $others) | fromJsonArray) -}}
{{- if .loop -}}
{{- $parent := dir .loop.directory -}}
{{- if not (has $parent $folders) -}}{{- $parents = append $parents $parent -}}{{- end -}}
{{- end -}}
{{- end -}}
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
