{{/* The names of everything begin with the release's, which says cairn in any case. */}}
{{- define "cairn.name" -}}
{{- if contains "cairn" .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-cairn" (.Release.Name | trunc 34 | trimSuffix "-") -}}
{{- end -}}
{{- end -}}

{{/* What finds the pods of a component; never changes. Takes (dict "root" $ "component" "node"). */}}
{{- define "cairn.selector" -}}
app.kubernetes.io/name: cairn
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* The labels of an object. */}}
{{- define "cairn.labels" -}}
{{ include "cairn.selector" . }}
app.kubernetes.io/part-of: cairn
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* An image from its repository, tag and digest. Takes (dict "image" ... "tag" "default"). */}}
{{- define "cairn.image" -}}
{{- $tag := .image.tag | default .tag -}}
{{- .image.repository -}}
{{- if .image.digest -}}@{{ .image.digest }}{{- else -}}:{{ $tag }}{{- end -}}
{{- end -}}

{{/* The Secret with the certificate of a role. Takes (dict "root" $ "role" "controller"). */}}
{{- define "cairn.tlsSecret" -}}
{{- $given := index .root.Values.certificates (printf "%sSecret" .role) -}}
{{- $given | default (printf "%s-%s-tls" (include "cairn.name" .root) .role) -}}
{{- end -}}

{{/* "true" where snapshots are on. */}}
{{- define "cairn.snapshots" -}}
{{- $enabled := .Values.snapshots.enabled -}}
{{- if eq (toString $enabled) "auto" -}}
{{- if .Capabilities.APIVersions.Has "snapshot.storage.k8s.io/v1" -}}true{{- end -}}
{{- else if $enabled -}}true
{{- end -}}
{{- end -}}

{{/* "true" where the controller's page is for others than those who may forward a port. */}}
{{- define "cairn.pageIsOpen" -}}
{{- if and (eq .Values.shape "cluster") .Values.controller.page.enabled .Values.controller.page.from -}}true{{- end -}}
{{- end -}}

{{/* A suffix for what two installs on one node must not share; none for the usual name. */}}
{{- define "cairn.driverSuffix" -}}
{{- if ne .Values.driverName "csi.cairn.storage" -}}-{{ .Values.driverName }}{{- end -}}
{{- end -}}
