using System.Text.Json.Nodes;
using Lateen.Sandbox.Api.Objects;
using Lateen.Sandbox.Api.Resources;

namespace Lateen.Sandbox.Api.Validation;

/// <summary>The rules that every object's metadata obeys.</summary>
internal static class MetadataRules
{
    public static void Validate(ApiResource resource, JsonObject obj, CauseList causes)
    {
        var metadata = obj.Obj("metadata") ?? [];
        if (metadata.Str("name") is not { Length: > 0 } name)
        {
            causes.Required("metadata.name", "name or generateName is required");
        }
        else if (NameProblem(resource, name) is { } problem)
        {
            causes.Invalid("metadata.name", name, problem);
        }

        foreach (var (key, value) in metadata.Obj("labels") ?? [])
        {
            if (Names.QualifiedNameProblem(key) is { } keyProblem)
            {
                causes.Invalid("metadata.labels", key, keyProblem);
            }

            if (value.AsText() is { } text && Names.LabelValueProblem(text) is { } valueProblem)
            {
                causes.Invalid("metadata.labels", text, valueProblem);
            }
        }

        foreach (var (key, _) in metadata.Obj("annotations") ?? [])
        {
            if (Names.QualifiedNameProblem(key.ToLowerInvariant()) is { } keyProblem)
            {
                causes.Invalid("metadata.annotations", key, keyProblem);
            }
        }
    }

    private static string? NameProblem(ApiResource resource, string name) => resource.GroupResource switch
    {
        "services" => Names.ServiceProblem(name),
        "namespaces" => Names.LabelProblem(name),
        "roles.rbac.authorization.k8s.io" or "rolebindings.rbac.authorization.k8s.io"
            or "clusterroles.rbac.authorization.k8s.io" or "clusterrolebindings.rbac.authorization.k8s.io" => Names.PathSegmentProblem(name),
        _ => Names.SubdomainProblem(name),
    };
}
