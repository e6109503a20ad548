namespace Lateen.Injection.GoTemplate;

/// <summary>What one run of a template may use; a template that asks for more fails with a message that names the limit.</summary>
internal static class TemplateLimits
{
    /// <summary>Characters of output, and of any one string that a function makes.</summary>
    public const int MaxText = 4 * 1024 * 1024;

    /// <summary>Nodes executed.</summary>
    public const int MaxSteps = 2_000_000;

    /// <summary>Nested <c>template</c> calls.</summary>
    public const int MaxCalls = 32;

    /// <summary>Elements of a list that a function makes.</summary>
    public const int MaxElements = 100_000;
}
