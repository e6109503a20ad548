namespace Lateen.Sandbox.Api.Resources;

/// <summary>The table of resources that are served without a CustomResourceDefinition.</summary>
/// <remarks>Names, short names, categories and subresources: the Kubernetes API reference and <c>kubectl api-resources</c>.</remarks>
internal static class BuiltInResources
{
    private static readonly string[] StatusVerbs = ["get", "patch", "update"];
    private static readonly string[] CreateOnly = ["create"];
    private static readonly string[] ProxyVerbs = ["create", "delete", "get", "patch", "update"];

    public static IReadOnlyList<ApiResource> All { get; } =
    [
        Core("bindings", "Binding") with { Stored = false, Verbs = CreateOnly },
        Core("configmaps", "ConfigMap", "cm"),
        Core("endpoints", "Endpoints", "ep") with { ListKind = "EndpointsList", Singular = "endpoints" },
        Core("events", "Event", "ev"),
        Core("limitranges", "LimitRange", "limits"),
        Core("namespaces", "Namespace", "ns") with
        {
            Namespaced = false,
            Subresources = new Dictionary<string, string[]> { ["finalize"] = ["update"], ["status"] = StatusVerbs },
        },
        Core("nodes", "Node", "no") with
        {
            Namespaced = false,
            Subresources = new Dictionary<string, string[]> { ["proxy"] = ProxyVerbs, ["status"] = StatusVerbs },
        },
        WithStatus(Core("persistentvolumeclaims", "PersistentVolumeClaim", "pvc")),
        WithStatus(Core("persistentvolumes", "PersistentVolume", "pv")) with { Namespaced = false },
        Core("pods", "Pod", "po") with
        {
            Categories = ["all"],
            Subresources = new Dictionary<string, string[]>
            {
                ["attach"] = ["create", "get"],
                ["binding"] = CreateOnly,
                ["ephemeralcontainers"] = StatusVerbs,
                ["eviction"] = CreateOnly,
                ["exec"] = ["create", "get"],
                ["log"] = ["get"],
                ["portforward"] = ["create", "get"],
                ["proxy"] = ProxyVerbs,
                ["status"] = StatusVerbs,
            },
        },
        Core("podtemplates", "PodTemplate"),
        Scaled(Core("replicationcontrollers", "ReplicationController", "rc")) with { Categories = ["all"] },
        WithStatus(Core("resourcequotas", "ResourceQuota", "quota")),
        Core("secrets", "Secret"),
        Core("serviceaccounts", "ServiceAccount", "sa") with
        {
            Subresources = new Dictionary<string, string[]> { ["token"] = CreateOnly },
        },
        Core("services", "Service", "svc") with
        {
            Categories = ["all"],
            Subresources = new Dictionary<string, string[]> { ["proxy"] = ProxyVerbs, ["status"] = StatusVerbs },
        },

        Of("admissionregistration.k8s.io", "mutatingwebhookconfigurations", "MutatingWebhookConfiguration") with { Namespaced = false, HasGeneration = true },
        Of("admissionregistration.k8s.io", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration") with { Namespaced = false, HasGeneration = true },
        WithStatus(Of("apiextensions.k8s.io", "customresourcedefinitions", "CustomResourceDefinition", "crd", "crds")) with { Namespaced = false, HasGeneration = true, Categories = ["api-extensions"] },

        Of("apps", "controllerrevisions", "ControllerRevision"),
        WithStatus(Of("apps", "daemonsets", "DaemonSet", "ds")) with { Categories = ["all"], HasGeneration = true },
        Scaled(Of("apps", "deployments", "Deployment", "deploy")) with { Categories = ["all"], HasGeneration = true },
        Scaled(Of("apps", "replicasets", "ReplicaSet", "rs")) with { Categories = ["all"], HasGeneration = true },
        Scaled(Of("apps", "statefulsets", "StatefulSet", "sts")) with { Categories = ["all"], HasGeneration = true },

        Asked("authentication.k8s.io", "tokenreviews", "TokenReview") with { Namespaced = false },
        Asked("authentication.k8s.io", "selfsubjectreviews", "SelfSubjectReview") with { Namespaced = false },
        Asked("authorization.k8s.io", "localsubjectaccessreviews", "LocalSubjectAccessReview"),
        Asked("authorization.k8s.io", "selfsubjectaccessreviews", "SelfSubjectAccessReview") with { Namespaced = false },
        Asked("authorization.k8s.io", "selfsubjectrulesreviews", "SelfSubjectRulesReview") with { Namespaced = false },
        Asked("authorization.k8s.io", "subjectaccessreviews", "SubjectAccessReview") with { Namespaced = false },

        WithStatus(Of("autoscaling", "horizontalpodautoscalers", "HorizontalPodAutoscaler", "hpa")) with { Version = "v2", Categories = ["all"] },
        WithStatus(Of("batch", "cronjobs", "CronJob", "cj")) with { Categories = ["all"], HasGeneration = true },
        WithStatus(Of("batch", "jobs", "Job")) with { Categories = ["all"], HasGeneration = true },
        Of("coordination.k8s.io", "leases", "Lease"),
        Of("discovery.k8s.io", "endpointslices", "EndpointSlice") with { HasGeneration = true },
        Of("networking.k8s.io", "ingressclasses", "IngressClass") with { Namespaced = false, HasGeneration = true },
        WithStatus(Of("networking.k8s.io", "ingresses", "Ingress", "ing")) with { HasGeneration = true },
        Of("networking.k8s.io", "networkpolicies", "NetworkPolicy", "netpol") with { HasGeneration = true },
        WithStatus(Of("policy", "poddisruptionbudgets", "PodDisruptionBudget", "pdb")) with { HasGeneration = true },
        Of("rbac.authorization.k8s.io", "clusterrolebindings", "ClusterRoleBinding") with { Namespaced = false },
        Of("rbac.authorization.k8s.io", "clusterroles", "ClusterRole") with { Namespaced = false },
        Of("rbac.authorization.k8s.io", "rolebindings", "RoleBinding"),
        Of("rbac.authorization.k8s.io", "roles", "Role"),
        Of("scheduling.k8s.io", "priorityclasses", "PriorityClass", "pc") with { Namespaced = false },
        Of("storage.k8s.io", "storageclasses", "StorageClass", "sc") with { Namespaced = false },
    ];

    private static ApiResource Core(string plural, string kind, params string[] shortNames) =>
        new("", "v1", plural, kind, Namespaced: true) { ShortNames = shortNames };

    private static ApiResource Of(string group, string plural, string kind, params string[] shortNames) =>
        new(group, "v1", plural, kind, Namespaced: true) { ShortNames = shortNames };

    private static ApiResource Asked(string group, string plural, string kind) =>
        Of(group, plural, kind) with { Stored = false, Verbs = CreateOnly };

    private static ApiResource WithStatus(ApiResource resource) =>
        resource with { Subresources = new Dictionary<string, string[]> { ["status"] = StatusVerbs } };

    private static ApiResource Scaled(ApiResource resource) => resource with
    {
        Subresources = new Dictionary<string, string[]> { ["scale"] = StatusVerbs, ["status"] = StatusVerbs },
    };
}
