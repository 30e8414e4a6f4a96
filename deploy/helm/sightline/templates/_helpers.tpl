{{- define "sightline.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "sightline.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "sightline.labels" -}}
{{ include "sightline.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{/* "yes" when the streams come from a file rather than from flags */}}
{{- define "sightline.from_file" -}}
{{- if or .Values.config .Values.existing_config_map -}}yes{{- end -}}
{{- end -}}

{{- define "sightline.config_map" -}}
{{- .Values.existing_config_map | default (include "sightline.fullname" .) -}}
{{- end -}}

{{/* What no schema can say */}}
{{- define "sightline.check" -}}
{{- $file := include "sightline.from_file" . -}}
{{- if and $file .Values.stream_url -}}
{{- fail "stream_url cannot stand beside config or existing_config_map: they say it of their streams" -}}
{{- end -}}
{{- if and .Values.config .Values.existing_config_map -}}
{{- fail "config cannot stand beside existing_config_map: give one of them" -}}
{{- end -}}
{{- if not (or $file .Values.stream_url) -}}
{{- fail "stream_url is missing: give it, config or existing_config_map" -}}
{{- end -}}
{{- if and (not $file) (gt (int .Values.replicas) 1) -}}
{{- fail "replicas above 1 want config or existing_config_map: one stream cannot be shared" -}}
{{- end -}}
{{- with .Values.visualizer_service -}}
{{- if and .port (not .token_key) (not .insecure) (ne .type "ClusterIP") -}}
{{- fail (printf "visualizer_service.type %s opens the live view: give token_key, or insecure for everybody" .type) -}}
{{- end -}}
{{- if and .token_key (not $.Values.credentials_secret) -}}
{{- fail "visualizer_service.token_key is a key of credentials_secret, which is missing" -}}
{{- end -}}
{{- end -}}
{{- if lt (mul (int .Values.termination_grace_period_seconds) 1000) (add (int .Values.drain_timeout_ms) 2000) -}}
{{- fail "termination_grace_period_seconds must be at least 2 s more than drain_timeout_ms" -}}
{{- end -}}
{{- end -}}
