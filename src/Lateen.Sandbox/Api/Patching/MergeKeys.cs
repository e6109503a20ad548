namespace Lateen.Sandbox.Api.Patching;

/// <summary>How the lists of built-in kinds are merged: by a key of their elements, as a set, or not at all.</summary>
/// <remarks>The patchMergeKey and patchStrategy annotations of the Kubernetes API reference.</remarks>
internal static class MergeKeys
{
    /// <summary>The key's field for a list of objects, "" for a merged list of primitives, null for a list that is replaced.</summary>
    /// <param name="kind">The object's kind.</param>
    /// <param name="parent">The name of the field that holds the object or list of objects in which the list is a field.</param>
    /// <param name="field">The list's own field name.</param>
    public static string? Of(string kind, string parent, string field) => (parent, field) switch
    {
        ("containers" or "initContainers" or "ephemeralContainers", "ports") => "containerPort",
        ("containers" or "initContainers" or "ephemeralContainers", "env") => "name",
        ("containers" or "initContainers" or "ephemeralContainers", "volumeMounts") => "mountPath",
        ("containers" or "initContainers" or "ephemeralContainers", "volumeDevices") => "devicePath",
        ("spec", "containers" or "initContainers" or "ephemeralContainers" or "volumes" or "imagePullSecrets") => "name",
        ("spec", "hostAliases") => "ip",
        ("spec", "topologySpreadConstraints") => "topologyKey",
        ("spec", "ports") when kind == "Service" => "port",
        ("spec", "taints") when kind == "Node" => "key",
        ("status", "conditions") => "type",
        ("status", "addresses") when kind == "Node" => "type",
        ("status", "podIPs" or "hostIPs") => "ip",
        ("metadata", "ownerReferences") => "uid",
        ("metadata", "finalizers") => "",
        ("", "webhooks") => "name",
        ("", "secrets" or "imagePullSecrets") when kind == "ServiceAccount" => "name",
        _ => null,
    };
}
