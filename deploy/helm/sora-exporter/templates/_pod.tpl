{{- define "sora.pod" -}}
metadata:
  {{- with .Values.podAnnotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
  labels:
    {{- include "sora.selector" . | nindent 4 }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "sora.serviceAccount" . }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    fsGroup: 65532
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile:
      type: RuntimeDefault
  containers:
    - name: sora-exporter
      image: {{ include "sora.image" . }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args:
        - serve
        {{- if include "sora.configMap" . }}
        - --config.file=/etc/sora_exporter/sora.yml
        - --config.enable-auto-reload
        {{- end }}
        {{- with .Values.postgresql.url }}
        - --storage.url={{ . }}
        {{- end }}
        {{- if .Values.postgresql.passwordSecret.name }}
        - --storage.password-file=/etc/sora_exporter_storage/password
        {{- end }}
        {{- if .Values.web.configSecret }}
        - --web.config.file=/etc/sora_exporter_web/web-config.yml
        {{- end }}
        {{- with .Values.web.externalUrl }}
        - --web.external-url={{ . }}
        {{- end }}
        {{- with .Values.web.trustedProxies }}
        - --web.trusted-proxies={{ join "," . }}
        {{- end }}
        {{- with .Values.prometheusUrl }}
        - --prometheus.url={{ . }}
        {{- end }}
        - --log.level={{ .Values.log.level }}
        - --log.format={{ .Values.log.format }}
        {{- with .Values.extraArgs }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with .Values.keysSecret }}
      envFrom:
        # Every key of the Secret is a variable for api_key_env.
        - secretRef:
            name: {{ . }}
      {{- end }}
      {{- if or (gt (int .Values.shards) 1) .Values.extraEnv }}
      env:
        {{- if gt (int .Values.shards) 1 }}
        # The number comes from the name of the pod.
        - name: SORA_SHARD
          value: /{{ .Values.shards }}
        {{- end }}
        {{- with .Values.extraEnv }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- end }}
      ports:
        - name: http
          containerPort: 10198
      livenessProbe:
        httpGet:
          path: /-/healthy
          port: http
          {{- if .Values.web.tls }}
          scheme: HTTPS
          {{- end }}
        timeoutSeconds: 5
        periodSeconds: 30
      readinessProbe:
        httpGet:
          path: /-/ready
          port: http
          {{- if .Values.web.tls }}
          scheme: HTTPS
          {{- end }}
        timeoutSeconds: 5
        periodSeconds: 5
      resources: {{- toYaml .Values.resources | nindent 8 }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities:
          drop: [ALL]
      volumeMounts:
        {{- if include "sora.configMap" . }}
        - name: config
          mountPath: /etc/sora_exporter
          readOnly: true
        {{- end }}
        {{- if .Values.web.configSecret }}
        - name: web-config
          mountPath: /etc/sora_exporter_web
          readOnly: true
        {{- end }}
        {{- if .Values.postgresql.passwordSecret.name }}
        - name: storage-password
          mountPath: /etc/sora_exporter_storage
          readOnly: true
        {{- end }}
        - name: storage
          mountPath: /var/lib/sora_exporter
        {{- with .Values.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
  volumes:
    {{- with include "sora.configMap" . }}
    - name: config
      configMap:
        name: {{ . }}
    {{- end }}
    {{- with .Values.web.configSecret }}
    - name: web-config
      secret:
        secretName: {{ . }}
    {{- end }}
    {{- with .Values.postgresql.passwordSecret }}
    {{- if .name }}
    - name: storage-password
      secret:
        secretName: {{ .name }}
        items: [{key: {{ .key }}, path: password}]
    {{- end }}
    {{- end }}
    {{- if not (include "sora.ownVolume" .) }}
    - name: storage
      emptyDir: {}
    {{- else if eq (int .Values.shards) 1 }}
    - name: storage
      persistentVolumeClaim:
        claimName: {{ .Values.persistence.existingClaim | default (include "sora.fullname" .) }}
    {{- end }}
    {{- with .Values.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- range $name := list "nodeSelector" "tolerations" "affinity" "topologySpreadConstraints" }}
  {{- with get $.Values $name }}
  {{ $name }}: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- end }}
{{- end }}
