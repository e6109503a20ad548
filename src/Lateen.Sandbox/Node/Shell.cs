namespace Lateen.Sandbox.Node;

/// <summary>Writes words for a POSIX shell.</summary>
internal static class Shell
{
    /// <summary>A word that the shell takes literally (POSIX 2.2.2, single quotes).</summary>
    public static string Quote(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '_' or '-' or '=' or ':' or ',' or '@' or '+')
            ? word
            : "'" + word.Replace("'", "'\\''", StringComparison.Ordinal) + "'";

    /// <summary>Words, each taken literally.</summary>
    public static string Quote(IEnumerable<string> words) => string.Join(' ', words.Select(Quote));
}
