{{- define "trainer.name" -}}
{{- if contains "trainer" .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-trainer" (.Release.Name | trunc 44 | trimSuffix "-") -}}
{{- end -}}
{{- end -}}

{{- define "trainer.selector" -}}
app.kubernetes.io/name: trainer
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- define "trainer.labels" -}}
{{ include "trainer.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | quote }}
{{- end -}}

{{- define "trainer.settings" -}}
{{- $name := include "trainer.name" . -}}
{{- $hosts := list $name (printf "%s.%s" $name .Release.Namespace) (printf "%s.%s.svc" $name .Release.Namespace) -}}
{{- if .Values.ingress.enabled -}}
{{- $hosts = append $hosts .Values.ingress.host -}}
{{- end -}}
{{- with .Values.service.allowed_host -}}
{{- $hosts = concat $hosts (kindIs "slice" . | ternary . (list .)) -}}
{{- end -}}
{{- $chart := dict "host" "0.0.0.0" "port" 8080 "runs" "/srv/models" "datasets" (list "/srv/datasets") "token_file" "/run/secrets/trainer/tokens" "allowed_host" (uniq $hosts) -}}
{{- merge $chart .Values.service | toYaml -}}
{{- end -}}
