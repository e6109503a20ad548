namespace Lateen.Injection.Schema;

/// <summary>The kinds that carry a pod template, as far as Kubernetes writes more than a person did.</summary>
/// <remarks>Source: the Kubernetes API reference, "Workload Resources"; OpenShift's "DeploymentConfig".</remarks>
internal static class WorkloadSchema
{
    private const string Table =
        """
        PodTemplate: metadata=ObjectMeta spec=PodSpec
        Deployment: apiVersion=s kind=s metadata=ObjectMeta spec=DeploymentSpec status=any!
        DeploymentSpec: replicas=i* selector=any*! template=PodTemplate strategy=any! minReadySeconds=i revisionHistoryLimit=i* paused=b progressDeadlineSeconds=i*
        ReplicaSet: apiVersion=s kind=s metadata=ObjectMeta spec=ReplicaSetSpec status=ReplicaStatus
        ReplicaSetSpec: replicas=i* minReadySeconds=i selector=any* template=PodTemplate
        ReplicationController: apiVersion=s kind=s metadata=ObjectMeta spec=ReplicaSetSpec status=ReplicaStatus
        ReplicaStatus: replicas=i!
        DaemonSet: apiVersion=s kind=s metadata=ObjectMeta spec=DaemonSetSpec status=DaemonSetStatus
        DaemonSetSpec: selector=any*! template=PodTemplate updateStrategy=any! minReadySeconds=i revisionHistoryLimit=i*
        DaemonSetStatus: currentNumberScheduled=i! numberMisscheduled=i! desiredNumberScheduled=i! numberReady=i!
        StatefulSet: apiVersion=s kind=s metadata=ObjectMeta spec=StatefulSetSpec status=StatefulSetStatus
        StatefulSetSpec: replicas=i* selector=any*! template=PodTemplate volumeClaimTemplates=[any] serviceName=s! podManagementPolicy=s updateStrategy=any! revisionHistoryLimit=i* minReadySeconds=i
        StatefulSetStatus: replicas=i! availableReplicas=i!
        Job: apiVersion=s kind=s metadata=ObjectMeta spec=JobSpec status=any!
        JobSpec: parallelism=i* completions=i* template=PodTemplate
        CronJob: apiVersion=s kind=s metadata=ObjectMeta spec=CronJobSpec status=any!
        CronJobSpec: schedule=s! suspend=b* jobTemplate=JobTemplate
        JobTemplate: metadata=ObjectMeta spec=JobSpec
        DeploymentConfig: apiVersion=s kind=s metadata=ObjectMeta spec=DeploymentConfigSpec status=DeploymentConfigStatus
        DeploymentConfigSpec: strategy=DeploymentStrategy minReadySeconds=i triggers=[any] replicas=i! revisionHistoryLimit=i* test=b! paused=b selector={s} template=PodTemplate
        DeploymentStrategy: type=s resources=ResourceRequirements!
        DeploymentConfigStatus: latestVersion=i! observedGeneration=i! replicas=i! updatedReplicas=i! availableReplicas=i! unavailableReplicas=i!
        """;

    private static readonly IReadOnlyDictionary<string, KubeType> Types = SchemaReader.Read(PodSchema.Table + "\n" + Table);

    /// <summary>The type of a kind that carries a pod, or null for any other kind.</summary>
    public static KubeType? Of(string kind) => kind is "Pod" or "Deployment" or "ReplicaSet" or "ReplicationController" or "DaemonSet"
        or "StatefulSet" or "Job" or "CronJob" or "DeploymentConfig" ? Types[kind] : null;
}
