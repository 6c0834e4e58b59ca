# Makes the site: what a generator such as hugo would do.
set -e
mkdir -p public
{
	echo '<!DOCTYPE html><meta charset="utf-8"><title>Site</title>'
	sed -e 's/&/\&amp;/g' -e 's/</\&lt;/g' -e 's/.*/<p>&<\/p>/' page.txt
} > public/index.html
