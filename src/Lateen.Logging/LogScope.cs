namespace Lateen.Logging;

/// <summary>Which log scope a logger's category belongs to.</summary>
internal static class LogScope
{
    /// <summary>
    /// A category without a dot is a scope already ("ads"). Of a type's full name the second part counts ("Lateen.Xds.AdsClient"
    /// is "xds"); everything of ASP.NET and the runtime is "http".
    /// </summary>
    public static string Of(string category)
    {
        var first = category.IndexOf('.', StringComparison.Ordinal);
        if (first < 0)
        {
            return category.Length == 0 ? LogLevels.DefaultScope : category;
        }
        if (!category.StartsWith("Lateen.", StringComparison.Ordinal))
        {
            return "http";
        }
        var second = category.IndexOf('.', first + 1);
        return (second < 0 ? category[(first + 1)..] : category[(first + 1)..second]).ToLowerInvariant();
    }
}
