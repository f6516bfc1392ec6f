{{/* The security context of every container but the node's driver: no privileges. */}}
{{- define "cairn.restricted" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{/*
Probes of the driver, in every role. They ask only the process, so neither a hanging disk nor an unreachable cluster
restarts a driver. The livenessprobe of kubernetes-csi is not used: it would restart a driver that has not yet scanned
all tiers. A driver is ready when it has scanned each tier, whether the tier is available or not.
*/}}
{{- define "cairn.driverProbes" -}}
startupProbe:
  httpGet: {path: /healthz/startup, port: metrics}
  periodSeconds: 2
  timeoutSeconds: 5
  failureThreshold: 60
livenessProbe:
  httpGet: {path: /healthz/live, port: metrics}
  periodSeconds: 20
  timeoutSeconds: 10
  failureThreshold: 6
readinessProbe:
  httpGet: {path: /healthz/ready, port: metrics}
  periodSeconds: 10
  timeoutSeconds: 10
{{- end -}}

{{/* Probes of a sidecar. It serves its page once the driver has answered it. */}}
{{- define "cairn.sidecarProbes" -}}
startupProbe:
  httpGet: {path: {{ .path }}, port: {{ .port }}}
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 60
livenessProbe:
  httpGet: {path: {{ .path }}, port: {{ .port }}}
  periodSeconds: 20
  timeoutSeconds: 10
  failureThreshold: 6
readinessProbe:
  httpGet: {path: {{ .path }}, port: {{ .port }}}
  periodSeconds: 20
  timeoutSeconds: 10
{{- end -}}

{{/*
Probes of the registrar, with a shorter period than the others. If a node's pod is
deleted by force, the old registrar ends while the new one runs, and removes the socket of the new one. kubelet then
forgets the driver, and no pod of the node gets a volume until the new registrar restarts. Its health page reports this
at once.
*/}}
{{- define "cairn.registrarProbes" -}}
startupProbe:
  httpGet: {path: /healthz, port: kubelet-health}
  periodSeconds: 2
  timeoutSeconds: 5
  failureThreshold: 60
livenessProbe:
  httpGet: {path: /healthz, port: kubelet-health}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
readinessProbe:
  httpGet: {path: /healthz, port: kubelet-health}
  periodSeconds: 10
  timeoutSeconds: 5
{{- end -}}

{{/*
What every sidecar has. Takes (dict "root" $ "name" "provisioner" "port" 9811). They run as the group that
may open the driver's socket; the token is theirs alone.
*/}}
{{- define "cairn.sidecar" -}}
{{- $values := index .root.Values .name -}}
{{- $elected := eq .root.Values.shape "cluster" -}}
image: {{ include "cairn.image" (dict "image" $values.image) }}
imagePullPolicy: {{ $values.image.pullPolicy }}
ports:
  - name: {{ .name }}
    containerPort: {{ .port }}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  {{- with .root.Values.node.seLinuxType }}{{ if not $elected }}
  seLinuxOptions: {type: {{ . }}}
  {{- end }}{{ end }}
  {{- include "cairn.restricted" . | nindent 2 }}
{{ include "cairn.sidecarProbes" (dict "port" .name "path" (ternary "/healthz/leader-election" "/metrics" $elected)) }}
resources:
  {{- include "cairn.resources" (dict "large" .root.Values.largeCluster "resources" $values.resources) | nindent 2 }}
volumeMounts:
  - name: socket
    mountPath: /csi
  - name: api-token
    mountPath: /var/run/secrets/kubernetes.io/serviceaccount
    readOnly: true
{{- end -}}

{{/* Default resources of the controller and its sidecars. */}}
{{- define "cairn.resources" -}}
{{- if .resources -}}
{{ toYaml .resources }}
{{- else if .large -}}
requests: {cpu: 200m, memory: 512Mi}
limits: {memory: 4Gi}
{{- else -}}
requests: {cpu: 10m, memory: 48Mi}
limits: {memory: 512Mi}
{{- end -}}
{{- end -}}

{{/* Arguments that every sidecar has. Takes the same. */}}
{{- define "cairn.sidecarArguments" -}}
- --csi-address=/csi/csi.sock
- --http-endpoint=:{{ .port }}
{{- if eq .root.Values.shape "cluster" }}
- --leader-election
- --leader-election-namespace={{ .root.Release.Namespace }}
{{- end }}
# Longer than the driver lets a delete wait for an unstage.
- --timeout=60s
- --v=2
{{- end -}}

{{- define "cairn.provisioner" -}}
{{- $large := .Values.largeCluster -}}
{{- $container := dict "root" . "name" "provisioner" "port" 9811 -}}
- name: provisioner
  args:
    {{- include "cairn.sidecarArguments" $container | nindent 4 }}
    # A volume is made for the node that the scheduler chose, and for no other.
    - --strict-topology
    {{- if eq .Values.shape "cluster" }}
    # For a class with Immediate binding: the controller chooses the node by free room, and needs no list of all nodes.
    - --immediate-topology=false
    # The Deployment owns the capacity objects, so that they outlive a pod.
    - --capacity-ownerref-level=2
    {{- else }}
    # One provisioner in each driver's pod, for its own node.
    - --node-deployment
    - --capacity-ownerref-level=1
    {{- end }}
    - --enable-capacity
    # One update per second, the default, would take more than an hour for thousands of nodes. The poll interval must
    # be longer than all updates take: nodes times tiers, divided by the updates per second.
    - --capacity-threads={{ $large | ternary 16 4 }}
    - --capacity-poll-interval={{ $large | ternary "10m" "1m" }}
    - --kube-api-capacity-qps={{ $large | ternary 100 10 }}
    - --kube-api-capacity-burst={{ $large | ternary 200 50 }}
    - --kube-api-qps={{ $large | ternary 100 20 }}
    - --kube-api-burst={{ $large | ternary 200 40 }}
    - --worker-threads={{ $large | ternary 100 20 }}
    - --retry-interval-max=30s
    # Passes the names of the claim and the volume to the driver, which shows them.
    - --extra-create-metadata
    # No --default-fstype: the tier decides the file system of its volumes.
  env:
    - name: NAMESPACE
      valueFrom: {fieldRef: {fieldPath: metadata.namespace}}
    - name: POD_NAME
      valueFrom: {fieldRef: {fieldPath: metadata.name}}
    {{- if eq .Values.shape "single" }}
    - name: NODE_NAME
      valueFrom: {fieldRef: {fieldPath: spec.nodeName}}
    {{- end }}
  {{- include "cairn.sidecar" $container | nindent 2 }}
{{- end -}}

{{- define "cairn.resizer" -}}
{{- $large := .Values.largeCluster -}}
{{- $container := dict "root" . "name" "resizer" "port" 9812 -}}
- name: resizer
  args:
    {{- include "cairn.sidecarArguments" $container | nindent 4 }}
    - --workers={{ $large | ternary 50 10 }}
    - --kube-api-qps={{ $large | ternary 50 10 }}
    - --kube-api-burst={{ $large | ternary 100 20 }}
    # Volumes grow while they are in use, so it need not watch all pods of the cluster.
    - --handle-volume-inuse-error=false
  {{- include "cairn.sidecar" $container | nindent 2 }}
{{- end -}}

{{- define "cairn.snapshotter" -}}
{{- $large := .Values.largeCluster -}}
{{- $container := dict "root" . "name" "snapshotter" "port" 9813 -}}
- name: snapshotter
  args:
    {{- include "cairn.sidecarArguments" $container | nindent 4 }}
    - --worker-threads={{ $large | ternary 50 10 }}
    - --kube-api-qps={{ $large | ternary 50 10 }}
    - --kube-api-burst={{ $large | ternary 100 20 }}
    - --extra-create-metadata
  {{- include "cairn.sidecar" $container | nindent 2 }}
{{- end -}}

{{- define "cairn.sidecars" -}}
{{ include "cairn.provisioner" . }}
{{- if .Values.resizer.enabled }}
{{ include "cairn.resizer" . }}
{{- end }}
{{- if include "cairn.snapshots" . }}
{{ include "cairn.snapshotter" . }}
{{- end }}
{{- end -}}

{{/* The token of the pod's service account, only for the containers that mount it. */}}
{{- define "cairn.apiToken" -}}
name: api-token
projected:
  sources:
    - serviceAccountToken:
        path: token
        expirationSeconds: 3607
    - configMap:
        name: kube-root-ca.crt
        items:
          - {key: ca.crt, path: ca.crt}
    - downwardAPI:
        items:
          - path: namespace
            fieldRef: {fieldPath: metadata.namespace}
{{- end -}}

{{/* The arguments of the driver in every role. */}}
{{- define "cairn.commonArguments" -}}
- --driver-name={{ .Values.driverName }}
- --metrics-address=:9809
- --log-level={{ .Values.log.level }}
- --log-format={{ .Values.log.format }}
{{- end -}}

{{/* The addresses on which controllers and nodes listen for each other. */}}
{{- define "cairn.clusterArguments" -}}
- --listen={{ .Values.listenAddress }}:9810
- --tls-dir=/etc/cairn/tls
{{- end -}}
