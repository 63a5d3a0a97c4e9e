-- a comment
SELECT /* another /* nested */ */ 1 -- last