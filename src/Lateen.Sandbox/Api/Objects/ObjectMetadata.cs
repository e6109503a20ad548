using System.Text.Json.Nodes;
using Lateen.Sandbox.Api.Resources;

namespace Lateen.Sandbox.Api.Objects;

/// <summary>What the server itself writes into an object's metadata.</summary>
internal static class ObjectMetadata
{
    private const string NameAlphabet = "bcdfghjklmnpqrstvwxz2456789";

    /// <summary>Checks that the body is what the path says, fills in apiVersion, kind and namespace.</summary>
    public static void Align(JsonObject obj, ApiResource resource, string ns, string name)
    {
        var kind = obj.Str("kind");
        var apiVersion = obj.Str("apiVersion");
        if ((kind is { Length: > 0 } && kind != resource.Kind) || (apiVersion is { Length: > 0 } && apiVersion != resource.ApiVersion))
        {
            throw ApiException.BadRequest(
                $"{kind} in version \"{apiVersion}\" cannot be handled as a {resource.Kind}: the API version in the data ({apiVersion}) "
                + $"does not match the expected API version ({resource.ApiVersion}) and kind ({resource.Kind})");
        }

        obj["apiVersion"] = resource.Custom is { } custom ? $"{resource.Group}/{custom.StorageVersion}" : resource.ApiVersion;
        obj["kind"] = resource.Kind;
        var metadata = obj.Ensure("metadata");
        if (resource.Namespaced)
        {
            if (metadata.Str("namespace") is { Length: > 0 } given && given != ns)
            {
                throw ApiException.BadRequest($"the namespace of the provided object does not match the namespace sent on the request");
            }

            metadata["namespace"] = ns;
        }
        else
        {
            metadata.Remove("namespace");
        }

        if (name.Length > 0)
        {
            if (metadata.Str("name") is { Length: > 0 } given && given != name)
            {
                throw ApiException.BadRequest(
                    $"the name of the object ({given}) does not match the name on the URL ({name})");
            }

            metadata["name"] = name;
        }
    }

    /// <summary>The metadata of a new object: generated name, uid and creation time.</summary>
    public static void Begin(JsonObject obj, DateTimeOffset now, Random random)
    {
        var metadata = obj.Ensure("metadata");
        if (metadata.Str("name") is not { Length: > 0 } && metadata.Str("generateName") is { Length: > 0 } prefix)
        {
            metadata["name"] = prefix[..Math.Min(prefix.Length, 58)] + string.Create(5, random, static (text, random) =>
            {
                for (var i = 0; i < text.Length; i++)
                {
                    text[i] = NameAlphabet[random.Next(NameAlphabet.Length)];
                }
            });
        }

        foreach (var field in (ReadOnlySpan<string>)["deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "resourceVersion", "generation"])
        {
            metadata.Remove(field);
        }

        metadata["uid"] = Guid.NewGuid().ToString();
        metadata["creationTimestamp"] = JsonFields.Timestamp(now);
    }

    /// <summary>Carries what a client may not change from the old state into the next one.</summary>
    public static void Carry(JsonObject next, JsonObject old)
    {
        var metadata = next.Ensure("metadata");
        var before = old.Obj("metadata")!;
        if (!metadata.ContainsKey("managedFields") && before["managedFields"] is { } managed)
        {
            metadata["managedFields"] = managed.DeepClone();
        }

        foreach (var field in (ReadOnlySpan<string>)["uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generateName", "generation", "resourceVersion"])
        {
            if (before[field] is { } value)
            {
                metadata[field] = value.DeepClone();
            }
            else
            {
                metadata.Remove(field);
            }
        }
    }

    /// <summary>Removes empty maps and lists that say nothing, so that no-op updates compare equal.</summary>
    public static void Tidy(JsonObject obj)
    {
        var metadata = obj.Ensure("metadata");
        foreach (var field in (ReadOnlySpan<string>)["labels", "annotations", "finalizers", "ownerReferences", "managedFields"])
        {
            if (metadata.TryGetPropertyValue(field, out var value) && value is null or JsonObject { Count: 0 } or JsonArray { Count: 0 })
            {
                metadata.Remove(field);
            }
        }

        DropNulls(obj);
    }

    private static void DropNulls(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject obj:
                foreach (var name in obj.Where(f => f.Value is null).Select(f => f.Key).ToList())
                {
                    obj.Remove(name);
                }

                foreach (var (_, value) in obj)
                {
                    DropNulls(value);
                }

                break;
            case JsonArray array:
                foreach (var item in array)
                {
                    DropNulls(item);
                }

                break;
        }
    }
}
