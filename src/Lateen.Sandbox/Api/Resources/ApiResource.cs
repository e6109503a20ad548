namespace Lateen.Sandbox.Api.Resources;

/// <summary>One served resource of one group version: what discovery says about it and how its objects are kept.</summary>
internal sealed record ApiResource(string Group, string Version, string Plural, string Kind, bool Namespaced)
{
    public string Singular { get; init; } = Kind.ToLowerInvariant();

    public string ListKind { get; init; } = Kind + "List";

    public IReadOnlyList<string> ShortNames { get; init; } = [];

    public IReadOnlyList<string> Categories { get; init; } = [];

    /// <summary>Subresources by name, with the verbs they take.</summary>
    public IReadOnlyDictionary<string, string[]> Subresources { get; init; } = new Dictionary<string, string[]>();

    public IReadOnlyList<string> Verbs { get; init; } = AllVerbs;

    /// <summary>True when the object's status is written through the status subresource only.</summary>
    public bool HasStatus => Subresources.ContainsKey("status");

    /// <summary>True when metadata.generation counts changes of the desired state.</summary>
    public bool HasGeneration { get; init; }

    /// <summary>The definition behind a custom resource; null for a built-in one.</summary>
    public CustomResourceVersion? Custom { get; init; }

    /// <summary>False for resources that only take a request and answer it (TokenReview).</summary>
    public bool Stored { get; init; } = true;

    public static string[] AllVerbs { get; } =
        ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

    /// <summary><c>plural</c> or <c>plural.group</c>: the store's name of it, the same for every version.</summary>
    public string GroupResource => Group.Length == 0 ? Plural : $"{Plural}.{Group}";

    /// <summary><c>Kind</c> or <c>Kind.group</c>, as error messages write it.</summary>
    public string GroupKind => Group.Length == 0 ? Kind : $"{Kind}.{Group}";

    /// <summary><c>v1</c> or <c>group/version</c>.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";
}
