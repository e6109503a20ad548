using System.Text.Json.Nodes;
using Lateen.Sandbox.Api.Resources;
using Lateen.Sandbox.Api.Validation;

namespace Lateen.Sandbox.Api.Objects;

/// <summary>The rules that hold for any kind: generation counts, status is kept apart, immutable things stay.</summary>
internal class PlainStrategy(ApiResource resource) : IObjectStrategy
{
    protected ApiResource Resource { get; } = resource;

    public virtual void Default(JsonObject obj)
    {
        if (Resource.GroupResource == "secrets")
        {
            obj.Default("type", "Opaque");
        }
    }

    public virtual void PrepareForCreate(JsonObject obj)
    {
        if (Resource.HasStatus)
        {
            obj.Remove("status");
        }

        if (Resource.HasGeneration)
        {
            obj.Ensure("metadata")["generation"] = 1;
        }

        FoldStringData(obj);
    }

    public virtual void PrepareForUpdate(JsonObject next, JsonObject old)
    {
        if (Resource.HasStatus)
        {
            next["status"] = old["status"]?.DeepClone();
        }

        if (Resource.HasGeneration)
        {
            var generation = old.Obj("metadata").Num("generation") ?? 0;
            next.Ensure("metadata")["generation"] = generation + (DesiredStateEquals(next, old) ? 0 : 1);
        }

        FoldStringData(next);
    }

    public virtual void Validate(JsonObject obj, JsonObject? old, CauseList causes)
    {
        if (Resource.GroupResource is "configmaps" or "secrets" && old.Bool("immutable") == true)
        {
            if (obj.Bool("immutable") != true)
            {
                causes.Forbidden("immutable", "field is immutable when `immutable` is set");
            }

            if (!JsonNode.DeepEquals(obj["data"], old!["data"]) || !JsonNode.DeepEquals(obj["binaryData"], old["binaryData"]))
            {
                causes.Forbidden("data", "field is immutable when `immutable` is set");
            }
        }

        if (Resource.GroupResource is "configmaps" or "secrets")
        {
            ValidateKeys(obj, causes);
        }

        if (Resource.GroupResource == "secrets" && obj.Str("type") == "kubernetes.io/tls")
        {
            foreach (var key in (ReadOnlySpan<string>)["tls.crt", "tls.key"])
            {
                if (obj.Obj("data")?.ContainsKey(key) != true)
                {
                    causes.Required($"data[{key}]");
                }
            }
        }

        if (Resource.GroupResource == "secrets" && old is not null && obj.Str("type") != old.Str("type"))
        {
            causes.Invalid("type", obj["type"], "field is immutable");
        }
    }

    private static void ValidateKeys(JsonObject obj, CauseList causes)
    {
        foreach (var field in (ReadOnlySpan<string>)["data", "binaryData"])
        {
            foreach (var (key, _) in obj.Obj(field) ?? [])
            {
                if (Names.KeyProblem(key) is { } problem)
                {
                    causes.Invalid($"{field}[{key}]", key, problem);
                }
            }
        }
    }

    /// <summary>Everything but metadata and status is desired state.</summary>
    private bool DesiredStateEquals(JsonObject next, JsonObject old)
    {
        IEnumerable<KeyValuePair<string, JsonNode?>> Desired(JsonObject obj) => obj.Where(f =>
            f.Key is not ("metadata" or "apiVersion" or "kind") && (f.Key != "status" || !Resource.HasStatus) && f.Value is not null);

        return Desired(next).Count() == Desired(old).Count()
            && Desired(next).All(f => JsonNode.DeepEquals(f.Value, old[f.Key]));
    }

    /// <summary>Secret.stringData is write-only: it overrides data, base64-encoded, and is never stored.</summary>
    private void FoldStringData(JsonObject obj)
    {
        if (Resource.GroupResource != "secrets" || obj.Obj("stringData") is not { } texts)
        {
            return;
        }

        var bytes = obj.Ensure("data");
        foreach (var (key, value) in texts)
        {
            bytes[key] = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(value.AsText() ?? ""));
        }

        obj.Remove("stringData");
    }
}
