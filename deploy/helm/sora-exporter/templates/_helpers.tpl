{{- define "sora.name" -}}
{{ .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "sora.fullname" -}}
{{- $name := include "sora.name" . -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{ .Values.fullnameOverride | default $full | trunc 52 | trimSuffix "-" }}
{{- end }}

{{- define "sora.selector" -}}
app.kubernetes.io/name: {{ include "sora.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "sora.labels" -}}
{{ include "sora.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "sora.operatorLabels" -}}
{{ include "sora.labels" . }}
{{- with .Values.operatorLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "sora.serviceAccount" -}}
{{ .Values.serviceAccount.name | default (ternary (include "sora.fullname" .) "default" .Values.serviceAccount.create) }}
{{- end }}

{{- define "sora.image" -}}
{{ .Values.image.repository }}{{ with .Values.image.digest }}@{{ . }}{{ else }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{/* The ConfigMap with sora.yml, or nothing for the built-in services. */}}
{{- define "sora.configMap" -}}
{{- if .Values.existingConfigMap }}{{ .Values.existingConfigMap }}{{ else if .Values.config }}{{ include "sora.fullname" . }}{{ end }}
{{- end }}

{{/* Whether each pod has a volume of its own for its ledger. */}}
{{- define "sora.ownVolume" -}}
{{- if and .Values.persistence.enabled (not .Values.postgresql.url) }}true{{ end }}
{{- end }}

{{- define "sora.claim" -}}
accessModes: {{- toYaml .Values.persistence.accessModes | nindent 2 }}
{{- with .Values.persistence.storageClassName }}
storageClassName: {{ . }}
{{- end }}
resources:
  requests:
    storage: {{ .Values.persistence.size }}
{{- end }}

{{/* One endpoint of a ServiceMonitor or PodMonitor. */}}
{{- define "sora.endpoint" -}}
- port: http
  path: /metrics
  interval: {{ .monitor.interval }}
  {{- with .monitor.scrapeTimeout }}
  scrapeTimeout: {{ . }}
  {{- end }}
  {{- if .root.Values.web.tls }}
  scheme: https
  {{- end }}
  {{- with .monitor.tlsConfig }}
  tlsConfig: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .monitor.basicAuth }}
  basicAuth: {{- toYaml . | nindent 4 }}
  {{- end }}
  relabelings:
    # The alerts look for this job.
    - targetLabel: job
      replacement: sora_exporter
    {{- with .monitor.relabelings }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .monitor.metricRelabelings }}
  metricRelabelings: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{/* What the schema cannot express. */}}
{{- define "sora.check" -}}
{{- with .Values }}
{{- if and (gt (int .replicas) 1) (not .postgresql.url) }}
{{- fail "replicas: several exporters without a common ledger would pay for every probe several times: set postgresql.url" }}
{{- end }}
{{- if and (gt (int .replicas) 1) (gt (int .shards) 1) }}
{{- fail "replicas: a shard has one exporter: leave replicas at 1, or shards" }}
{{- end }}
{{- if and (gt (int .shards) 1) .config.budget_usd_per_day (not .postgresql.url) }}
{{- fail "shards: each would spend the whole budget of config: set postgresql.url, which shards share" }}
{{- end }}
{{- if and .config .existingConfigMap }}
{{- fail "existingConfigMap: there is a config too: give one of the two" }}
{{- end }}
{{- if and .serviceMonitor.enabled .podMonitor.enabled }}
{{- fail "podMonitor: serviceMonitor is enabled too, and both would scrape: enable one of the two" }}
{{- end }}
{{- if and (gt (int .shards) 1) .persistence.existingClaim }}
{{- fail "persistence.existingClaim: each shard needs a volume of its own: leave it empty" }}
{{- end }}
{{- end }}
{{- end }}
