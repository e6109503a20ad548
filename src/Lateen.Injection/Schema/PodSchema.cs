namespace Lateen.Injection.Schema;

/// <summary>The pod of Kubernetes 1.28: fields, which of them are always written, and the merge keys of its lists.</summary>
/// <remarks>Source: the Kubernetes API reference, "Pod v1 core"; merge keys are its "patch strategy" and "patch merge key" notes.</remarks>
internal static class PodSchema
{
    internal const string Table =
        """
        Pod: kind=s apiVersion=s metadata=ObjectMeta!@ObjectMeta spec=PodSpec! status=any!
        ObjectMeta: name=s generateName=s namespace=s selfLink=s uid=s resourceVersion=s generation=i creationTimestamp=any!* deletionTimestamp=any* deletionGracePeriodSeconds=i* labels={s} annotations={s} ownerReferences=[OwnerReference|uid] finalizers=[s|] managedFields=[any]
        OwnerReference: apiVersion=s! kind=s! name=s! uid=s! controller=b* blockOwnerDeletion=b*
        PodSpec: volumes=[Volume|name] initContainers=[Container|name] containers=[Container|name]! ephemeralContainers=[Container|name] restartPolicy=s terminationGracePeriodSeconds=i* activeDeadlineSeconds=i* dnsPolicy=s nodeSelector={s} serviceAccountName=s serviceAccount=s@DeprecatedServiceAccount automountServiceAccountToken=b* nodeName=s hostNetwork=b hostPID=b hostIPC=b shareProcessNamespace=b* securityContext=PodSecurityContext* imagePullSecrets=[LocalObjectReference|name] hostname=s subdomain=s affinity=any* schedulerName=s tolerations=[Toleration] hostAliases=[HostAlias|ip] priorityClassName=s priority=i* dnsConfig=PodDNSConfig* readinessGates=[any] runtimeClassName=s* enableServiceLinks=b* preemptionPolicy=s* overhead={q} topologySpreadConstraints=[TopologySpreadConstraint|topologyKey] setHostnameAsFQDN=b* os=any* hostUsers=b* schedulingGates=[NamedGate|name] resourceClaims=[NamedGate|name]
        NamedGate: name=s! source=any*
        LocalObjectReference: name=s
        HostAlias: ip=s hostnames=[s]
        Toleration: key=s operator=s value=s effect=s tolerationSeconds=i*
        TopologySpreadConstraint: maxSkew=i! topologyKey=s! whenUnsatisfiable=s! labelSelector=any* minDomains=i* nodeAffinityPolicy=s* nodeTaintsPolicy=s* matchLabelKeys=[s]
        PodDNSConfig: nameservers=[s] searches=[s] options=[PodDNSOption]
        PodDNSOption: name=s value=s*
        PodSecurityContext: seLinuxOptions=any* windowsOptions=any* runAsUser=i* runAsGroup=i* runAsNonRoot=b* supplementalGroups=[i] fsGroup=i* sysctls=[Sysctl] fsGroupChangePolicy=s* seccompProfile=SeccompProfile*
        Sysctl: name=s! value=s!
        SeccompProfile: type=s! localhostProfile=s*
        Container: name=s! image=s command=[s] args=[s] workingDir=s ports=[ContainerPort|containerPort] envFrom=[EnvFromSource] env=[EnvVar|name] resources=ResourceRequirements! resizePolicy=[any] restartPolicy=s* volumeMounts=[VolumeMount|mountPath] volumeDevices=[VolumeDevice|devicePath] livenessProbe=Probe* readinessProbe=Probe* startupProbe=Probe* lifecycle=Lifecycle* terminationMessagePath=s terminationMessagePolicy=s imagePullPolicy=s securityContext=SecurityContext* stdin=b stdinOnce=b tty=b targetContainerName=s
        ContainerPort: name=s hostPort=i containerPort=i! protocol=s hostIP=s
        EnvFromSource: prefix=s configMapRef=any* secretRef=any*
        EnvVar: name=s! value=s valueFrom=EnvVarSource*
        EnvVarSource: fieldRef=ObjectFieldSelector* resourceFieldRef=ResourceFieldSelector* configMapKeyRef=KeySelector* secretKeyRef=KeySelector*
        KeySelector: name=s key=s! optional=b*
        ObjectFieldSelector: apiVersion=s fieldPath=s!
        ResourceFieldSelector: containerName=s resource=s! divisor=q!
        ResourceRequirements: limits={q} requests={q} claims=[any]
        VolumeMount: name=s! readOnly=b mountPath=s! subPath=s mountPropagation=s* subPathExpr=s
        VolumeDevice: name=s! devicePath=s!
        Probe: exec=ExecAction* httpGet=HTTPGetAction* tcpSocket=TCPSocketAction* grpc=GRPCAction* initialDelaySeconds=i timeoutSeconds=i periodSeconds=i successThreshold=i failureThreshold=i terminationGracePeriodSeconds=i*
        Lifecycle: postStart=LifecycleHandler* preStop=LifecycleHandler*
        LifecycleHandler: exec=ExecAction* httpGet=HTTPGetAction* tcpSocket=TCPSocketAction* sleep=any*
        ExecAction: command=[s]
        HTTPGetAction: path=s port=x! host=s scheme=s httpHeaders=[HTTPHeader]
        HTTPHeader: name=s! value=s!
        TCPSocketAction: port=x! host=s
        GRPCAction: port=i! service=s*!
        SecurityContext: capabilities=Capabilities* privileged=b* seLinuxOptions=any* windowsOptions=any* runAsUser=i* runAsGroup=i* runAsNonRoot=b* readOnlyRootFilesystem=b* allowPrivilegeEscalation=b* procMount=s* seccompProfile=SeccompProfile*
        Capabilities: add=[s] drop=[s]
        Volume: name=s! hostPath=HostPathVolumeSource* emptyDir=EmptyDirVolumeSource* gcePersistentDisk=any* awsElasticBlockStore=any* gitRepo=any* secret=SecretVolumeSource* nfs=any* iscsi=any* glusterfs=any* persistentVolumeClaim=ClaimVolumeSource* rbd=any* flexVolume=any* cinder=any* cephfs=any* flocker=any* downwardAPI=DownwardAPIVolumeSource* fc=any* azureFile=any* configMap=ConfigMapVolumeSource* vsphereVolume=any* quobyte=any* azureDisk=any* photonPersistentDisk=any* projected=ProjectedVolumeSource* portworxVolume=any* scaleIO=any* storageos=any* csi=CSIVolumeSource* ephemeral=any*
        HostPathVolumeSource: path=s! type=s*
        EmptyDirVolumeSource: medium=s sizeLimit=q*
        SecretVolumeSource: secretName=s items=[KeyToPath] defaultMode=i* optional=b*
        ConfigMapVolumeSource: name=s items=[KeyToPath] defaultMode=i* optional=b*
        ClaimVolumeSource: claimName=s! readOnly=b
        DownwardAPIVolumeSource: items=[DownwardAPIVolumeFile] defaultMode=i*
        DownwardAPIVolumeFile: path=s! fieldRef=ObjectFieldSelector* resourceFieldRef=ResourceFieldSelector* mode=i*
        KeyToPath: key=s! path=s! mode=i*
        ProjectedVolumeSource: sources=[VolumeProjection]! defaultMode=i*
        VolumeProjection: secret=any* downwardAPI=DownwardAPIVolumeSource* configMap=any* serviceAccountToken=TokenProjection*
        TokenProjection: audience=s expirationSeconds=i* path=s!
        CSIVolumeSource: driver=s! readOnly=b* fsType=s* volumeAttributes={s} nodePublishSecretRef=any*
        """;

    private static readonly IReadOnlyDictionary<string, KubeType> Types = SchemaReader.Read(Table);

    public static KubeType Pod => Types["Pod"];

    public static KubeType PodSpec => Types["PodSpec"];

    public static KubeType ObjectMeta => Types["ObjectMeta"];

    public static KubeType Container => Types["Container"];
}
