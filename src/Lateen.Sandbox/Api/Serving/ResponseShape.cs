namespace Lateen.Sandbox.Api.Serving;

internal enum ShapeKind
{
    Object,
    Table,
    PartialMetadata,
}

/// <summary>The form in which the client wants objects, from its Accept header.</summary>
/// <param name="ApiVersion">meta.k8s.io version of the wanted form.</param>
internal readonly record struct ResponseShape(ShapeKind Kind, string ApiVersion)
{
    /// <summary>Kubernetes API concepts, "Receiving resources as Tables": the first acceptable form wins.</summary>
    public static ResponseShape Parse(string? accept)
    {
        foreach (var option in (accept ?? "").Split(','))
        {
            var parts = option.Split(';', StringSplitOptions.TrimEntries);
            if (parts[0] is not ("application/json" or "*/*" or "application/*" or ""))
            {
                continue;
            }

            var version = "meta.k8s.io/" + (parts.FirstOrDefault(p => p.StartsWith("v=", StringComparison.Ordinal))?[2..] ?? "v1");
            switch (parts.FirstOrDefault(p => p.StartsWith("as=", StringComparison.Ordinal)))
            {
                case null:
                    return default;
                case "as=Table" when version is "meta.k8s.io/v1" or "meta.k8s.io/v1beta1":
                    return new(ShapeKind.Table, version);
                case "as=PartialObjectMetadata" or "as=PartialObjectMetadataList" when version is "meta.k8s.io/v1" or "meta.k8s.io/v1beta1":
                    return new(ShapeKind.PartialMetadata, version);
            }
        }

        return default;
    }
}
