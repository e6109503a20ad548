using System.Text.Json.Nodes;
using Lateen.Sandbox.Api.Resources;
using Lateen.Sandbox.Api.Validation;

namespace Lateen.Sandbox.Api.Objects;

/// <summary>Namespaces: born Active with the finalizer that keeps them until their content is gone.</summary>
internal sealed class NamespaceStrategy(ApiResource resource) : PlainStrategy(resource)
{
    /// <summary>The label that every namespace carries (Kubernetes, "Automatic labelling").</summary>
    private const string NameLabel = "kubernetes.io/metadata.name";

    public override void Default(JsonObject obj)
    {
        if (obj.Obj("metadata") is { } metadata && metadata.Str("name") is { Length: > 0 } name)
        {
            metadata.Ensure("labels")[NameLabel] = name;
        }
    }

    public override void PrepareForCreate(JsonObject obj)
    {
        base.PrepareForCreate(obj);
        obj["spec"] = new JsonObject { ["finalizers"] = new JsonArray("kubernetes") };
        obj["status"] = new JsonObject { ["phase"] = "Active" };
    }

    public override void PrepareForUpdate(JsonObject next, JsonObject old)
    {
        base.PrepareForUpdate(next, old);
        next["spec"] = old["spec"]?.DeepClone();
    }

    public override void Validate(JsonObject obj, JsonObject? old, CauseList causes)
    {
    }
}
